-- Evidence: the history is chained by digests, decisions have signed receipts, checkpoints of the chain are signed, and who read
-- what is written down. SQL cannot digest: the events of an earlier schema are chained by the program when it opens the file.

ALTER TABLE events ADD COLUMN note_digest TEXT;                   -- immutable: SHA-256 of the words of the note; stays when they are deleted
ALTER TABLE events ADD COLUMN previous TEXT;                      -- immutable: the digest of the event before
ALTER TABLE events ADD COLUMN digest TEXT;                        -- immutable: SHA-256 over every other column, canonical JSON (RFC 8785)

-- One row, written when the events of an earlier schema were chained: from then on no event is without its digest.
CREATE TABLE event_chain (
    one   INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),           -- immutable: there is one row
    begun INTEGER NOT NULL                                        -- immutable: how many events there were then
) STRICT;

CREATE TRIGGER the_chain_begins_once BEFORE UPDATE ON event_chain
BEGIN SELECT RAISE(ABORT, 'the chain of events begins once'); END;

CREATE TRIGGER the_chain_never_ends BEFORE DELETE ON event_chain
BEGIN SELECT RAISE(ABORT, 'the chain of events begins once'); END;

DROP TRIGGER events_are_never_changed;

-- Two changes only: the chaining of old events, once, and the deletion of the words of a note.
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
WHEN NOT (
  NEW.sequence IS OLD.sequence AND NEW.at IS OLD.at AND NEW.what IS OLD.what AND NEW.subject IS OLD.subject
  AND NEW.subject_id IS OLD.subject_id AND NEW.state_from IS OLD.state_from AND NEW.state_to IS OLD.state_to
  AND NEW.done_by IS OLD.done_by
  AND ((NEW.note IS NULL AND NEW.note_digest IS OLD.note_digest AND NEW.previous IS OLD.previous AND NEW.digest IS OLD.digest)
  OR (NEW.note IS OLD.note AND OLD.digest IS NULL AND NOT EXISTS (SELECT 1 FROM event_chain)))
)
BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END;

CREATE TRIGGER events_are_chained BEFORE INSERT ON events
WHEN NEW.digest IS NULL AND EXISTS (SELECT 1 FROM event_chain)
BEGIN SELECT RAISE(ABORT, 'an event carries its digest and that of the event before'); END;

-- The public halves of the keys that sign evidence, for ever.
CREATE TABLE signing_keys (
    id         TEXT PRIMARY KEY NOT NULL,                         -- immutable: thumbprint of the public key (RFC 7638)
    public_key TEXT NOT NULL UNIQUE,                              -- immutable: Ed25519, base64url
    since      INTEGER NOT NULL                                   -- immutable: when the service began to sign with it
) STRICT;

CREATE TRIGGER signing_keys_are_never_changed BEFORE UPDATE ON signing_keys
BEGIN SELECT RAISE(ABORT, 'signing keys are only ever added'); END;

CREATE TRIGGER signing_keys_are_never_removed BEFORE DELETE ON signing_keys
BEGIN SELECT RAISE(ABORT, 'signing keys are only ever added'); END;

CREATE TABLE signed_receipts (
    sequence  INTEGER PRIMARY KEY NOT NULL REFERENCES events (sequence), -- immutable: the event of the decision
    return_id TEXT NOT NULL REFERENCES returns (id),              -- immutable: the return decided on
    decision  TEXT NOT NULL,                                      -- immutable: the state it took
    envelope  TEXT NOT NULL                                       -- immutable: the receipt as it is given, byte for byte
) STRICT;

CREATE INDEX signed_receipts_by_return ON signed_receipts (return_id, sequence);

CREATE TRIGGER signed_receipts_are_never_changed BEFORE UPDATE ON signed_receipts
BEGIN SELECT RAISE(ABORT, 'a receipt that was given is never changed'); END;

CREATE TRIGGER signed_receipts_are_never_removed BEFORE DELETE ON signed_receipts
BEGIN SELECT RAISE(ABORT, 'a receipt that was given is never changed'); END;

CREATE TABLE checkpoints (
    events   INTEGER PRIMARY KEY NOT NULL,                        -- immutable: how many events there were
    at       INTEGER NOT NULL,                                    -- immutable: when
    envelope TEXT NOT NULL                                        -- immutable: the signed checkpoint
) STRICT;

CREATE TRIGGER checkpoints_are_never_changed BEFORE UPDATE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints are only ever added'); END;

CREATE TRIGGER checkpoints_are_never_removed BEFORE DELETE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints are only ever added'); END;

-- Who read what. It is no part of the history: the history is kept for ever, and this says what people did at work.
CREATE TABLE accesses (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT,                 -- immutable: the order
    at         INTEGER NOT NULL,                                  -- immutable: when
    key_id     TEXT NOT NULL REFERENCES keys (id),                -- immutable: who read
    what       TEXT NOT NULL,                                     -- immutable: what was read: findings, changes, profile …
    subject    TEXT NOT NULL,                                     -- immutable: return, collection or release
    subject_id TEXT NOT NULL                                      -- immutable: its identifier
) STRICT;

CREATE INDEX accesses_by_subject ON accesses (subject, subject_id, sequence);
CREATE INDEX accesses_by_time ON accesses (at);

-- One row: accesses before this time may be deleted.
CREATE TABLE accesses_kept (
    one        INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),      -- immutable: there is one row
    since      INTEGER NOT NULL,                                  -- mutable: from this time on they are kept
    updated_by TEXT NOT NULL                                      -- mutable: the transaction that last wrote the row
) STRICT;

INSERT INTO accesses_kept (one, since, updated_by) VALUES (1, 0, 'migration');

CREATE TRIGGER accesses_are_never_changed BEFORE UPDATE ON accesses
BEGIN SELECT RAISE(ABORT, 'accesses are only ever added'); END;

CREATE TRIGGER accesses_are_removed_at_their_time BEFORE DELETE ON accesses
WHEN OLD.at >= (SELECT since FROM accesses_kept)
BEGIN SELECT RAISE(ABORT, 'accesses are removed when their time is over'); END;
