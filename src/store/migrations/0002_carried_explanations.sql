-- A return that is sent again keeps the explanations of findings whose facts did not change.
-- The author and the time stay those of the first writing.

-- The version for which an explanation was written; null where that is the row's own.
ALTER TABLE explanations ADD COLUMN carried_from TEXT REFERENCES returns (id); -- immutable: an earlier version of the same return

CREATE INDEX explanations_by_subject ON explanations (return_id, code, finding, sequence);
