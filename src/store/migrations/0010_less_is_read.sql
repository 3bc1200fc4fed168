-- Each look at a collection's coverage asks for what was removed on request, which is little of all that was deleted.
CREATE INDEX deletions_on_request ON deletions (sequence) WHERE json_extract(cause, '$.cause') = 'removal';

-- Who read a thing is asked by its identifier alone.
DROP INDEX accesses_by_subject;
CREATE INDEX accesses_by_subject_id ON accesses (subject_id, sequence);
