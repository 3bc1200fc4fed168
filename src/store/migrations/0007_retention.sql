-- What was deleted, why, and the certificates of it. A deletion is written before it is done and confirmed after, so that one
-- that was interrupted is finished; what was deleted leaves its name and digest here for ever.

CREATE TABLE deletions (
    sequence     INTEGER PRIMARY KEY AUTOINCREMENT,              -- immutable: the order
    certificate  TEXT NOT NULL,                                  -- immutable: the certificate under which it is deleted
    cause        TEXT NOT NULL,                                  -- immutable: JSON of the schedule or the removal
    name         TEXT NOT NULL UNIQUE,                           -- immutable: of the object in the archive, or explanations/RETURN, notes/RETURN
    return_id    TEXT NOT NULL REFERENCES returns (id),          -- immutable: the return it was of
    authority    TEXT NOT NULL,                                  -- immutable: three-digit code
    sha256       TEXT,                                           -- immutable: of its bytes; null where they have no one digest
    bytes        INTEGER NOT NULL,                               -- immutable: their number
    planned      INTEGER NOT NULL REFERENCES events (sequence),  -- immutable: the event before it was deleted
    confirmed    INTEGER REFERENCES events (sequence),           -- mutable, once: the event after it was deleted
    confirmed_at INTEGER,                                        -- mutable, once: when it was confirmed
    updated_by   TEXT NOT NULL                                   -- mutable: the transaction that last wrote the row
) STRICT;

CREATE INDEX deletions_by_return ON deletions (return_id);
CREATE INDEX deletions_by_certificate ON deletions (certificate, sequence);

CREATE TRIGGER deletions_are_confirmed_once BEFORE UPDATE ON deletions
WHEN OLD.confirmed IS NOT NULL OR NEW.name IS NOT OLD.name OR NEW.return_id IS NOT OLD.return_id
  OR NEW.certificate IS NOT OLD.certificate OR NEW.sha256 IS NOT OLD.sha256 OR NEW.bytes IS NOT OLD.bytes
  OR NEW.planned IS NOT OLD.planned OR NEW.cause IS NOT OLD.cause OR NEW.authority IS NOT OLD.authority
BEGIN SELECT RAISE(ABORT, 'a deletion is confirmed once and never changed'); END;

CREATE TRIGGER deletions_are_never_forgotten BEFORE DELETE ON deletions
BEGIN SELECT RAISE(ABORT, 'the line of a deletion is never removed'); END;

CREATE TABLE certificates (
    id       TEXT PRIMARY KEY NOT NULL,                          -- immutable: the certificate's identifier; sorts by time
    at       INTEGER NOT NULL,                                   -- immutable: when it was signed
    envelope TEXT NOT NULL                                       -- immutable: the signed certificate, byte for byte
) STRICT;

CREATE TRIGGER certificates_are_never_changed BEFORE UPDATE ON certificates
BEGIN SELECT RAISE(ABORT, 'a certificate is never changed'); END;

CREATE TRIGGER certificates_are_never_removed BEFORE DELETE ON certificates
BEGIN SELECT RAISE(ABORT, 'a certificate is never removed'); END;
