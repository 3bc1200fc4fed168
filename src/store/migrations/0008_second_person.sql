-- A second person stands by keys and roles that decide; and people leave: what says who they were is deleted at its time.

ALTER TABLE keys ADD COLUMN confirmation TEXT NOT NULL DEFAULT 'not needed'; -- mutable, once: not needed; or awaited, then given
ALTER TABLE keys ADD COLUMN confirmed INTEGER;                    -- mutable, once: when another person confirmed it
ALTER TABLE keys ADD COLUMN confirmed_by TEXT REFERENCES keys (id); -- mutable, once: by which key; null on the command line
ALTER TABLE keys ADD COLUMN replaces TEXT REFERENCES keys (id);   -- immutable: the key whose place it takes when it is confirmed
ALTER TABLE keys ADD COLUMN overlap INTEGER;                      -- immutable: seconds that that one works on from then

CREATE INDEX keys_by_successor ON keys (replaced_by) WHERE replaced_by IS NOT NULL;

DROP TRIGGER keys_keep_what_they_were_made_for;

CREATE TRIGGER keys_keep_what_they_were_made_for BEFORE UPDATE OF
  id, prefix, kind, organisation, authority, person, role, roles, certificate, created, created_by, replaces, overlap ON keys
BEGIN SELECT RAISE(ABORT, 'what a key was made for is never changed'); END;

-- What its maker called it can be somebody's name.
CREATE TRIGGER keys_keep_their_labels BEFORE UPDATE OF label ON keys WHEN NEW.label <> '' OR OLD.revoked IS NULL
BEGIN SELECT RAISE(ABORT, 'what a key was made for is never changed'); END;

CREATE TRIGGER keys_are_confirmed_once BEFORE UPDATE OF confirmation, confirmed, confirmed_by ON keys
WHEN OLD.confirmation <> 'awaited' OR NEW.confirmation <> 'given' OR NEW.confirmed IS NULL OR OLD.revoked IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a key that waits is confirmed once'); END;

CREATE TRIGGER keys_are_confirmed_by_another BEFORE UPDATE OF confirmed_by ON keys
WHEN EXISTS (SELECT 1 FROM keys AS one JOIN keys AS two ON one.id = two.id OR one.person = two.person
  WHERE one.id = NEW.confirmed_by AND two.id IN (OLD.id, OLD.created_by))
BEGIN SELECT RAISE(ABORT, 'a key is confirmed by another person than the one who made it'); END;

CREATE TRIGGER keys_that_wait_are_not_used BEFORE UPDATE OF last_used ON keys WHEN OLD.confirmation = 'awaited'
BEGIN SELECT RAISE(ABORT, 'a key that waits for a second person is not used'); END;

ALTER TABLE people ADD COLUMN waiting_roles TEXT;                 -- mutable: JSON array of all roles once they are confirmed; null where nothing waits
ALTER TABLE people ADD COLUMN asked INTEGER;                      -- mutable: since when they wait, as they are now
ALTER TABLE people ADD COLUMN asked_by TEXT;                      -- mutable: JSON array of the keys that had a part in it
ALTER TABLE people ADD COLUMN confirmed INTEGER;                  -- mutable: when roles were last confirmed
ALTER TABLE people ADD COLUMN confirmed_by TEXT REFERENCES keys (id); -- mutable: by which key; null on the command line
ALTER TABLE people ADD COLUMN erased INTEGER;                     -- mutable, once: when name, address and sign-in were deleted

CREATE TRIGGER people_are_confirmed_by_another BEFORE UPDATE OF confirmed_by ON people
WHEN EXISTS (SELECT 1 FROM keys WHERE id = NEW.confirmed_by AND person = OLD.id)
  OR EXISTS (SELECT 1 FROM json_each(coalesce(OLD.asked_by, '[]')) AS asker JOIN keys AS one ON one.id = asker.value
  JOIN keys AS two ON one.id = two.id OR one.person = two.person WHERE two.id = NEW.confirmed_by)
BEGIN SELECT RAISE(ABORT, 'roles are confirmed by another person than the one who gave them'); END;

CREATE TRIGGER people_who_were_erased_stay_so BEFORE UPDATE ON people
WHEN OLD.erased IS NOT NULL AND (NEW.erased IS NOT OLD.erased OR NEW.name <> '' OR NEW.email IS NOT NULL
  OR NEW.issuer IS NOT NULL OR NEW.user_name IS NOT NULL OR NEW.disabled IS NULL)
BEGIN SELECT RAISE(ABORT, 'who was deleted is not entered again under the same identifier'); END;

-- What is deleted is of a return or of a person: the table is made anew, because return_id was never null.
CREATE TABLE deletions_of_either (
    sequence     INTEGER PRIMARY KEY AUTOINCREMENT,              -- immutable: the order
    certificate  TEXT NOT NULL,                                  -- immutable: the certificate under which it is deleted
    cause        TEXT NOT NULL,                                  -- immutable: JSON of the schedule or the removal
    name         TEXT NOT NULL UNIQUE,                           -- immutable: of the object in the archive, or explanations/RETURN, notes/RETURN, people/PERSON
    return_id    TEXT REFERENCES returns (id),                   -- immutable: the return it was of
    person       TEXT REFERENCES people (id),                    -- immutable: or the person
    authority    TEXT NOT NULL,                                  -- immutable: three-digit code; of a person, the organisation
    sha256       TEXT,                                           -- immutable: of its bytes; null where they have no one digest
    bytes        INTEGER NOT NULL,                               -- immutable: their number
    planned      INTEGER NOT NULL REFERENCES events (sequence),  -- immutable: the event before it was deleted
    confirmed    INTEGER REFERENCES events (sequence),           -- mutable, once: the event after it was deleted
    confirmed_at INTEGER,                                        -- mutable, once: when it was confirmed
    updated_by   TEXT NOT NULL,                                  -- mutable: the transaction that last wrote the row
  CHECK ((return_id IS NULL) <> (person IS NULL))
) STRICT;

INSERT INTO deletions_of_either (sequence, certificate, cause, name, return_id, authority, sha256, bytes, planned, confirmed,
  confirmed_at, updated_by)
SELECT sequence, certificate, cause, name, return_id, authority, sha256, bytes, planned, confirmed, confirmed_at, updated_by
FROM deletions ORDER BY sequence;

DROP TABLE deletions;
ALTER TABLE deletions_of_either RENAME TO deletions;

CREATE INDEX deletions_by_return ON deletions (return_id);
CREATE INDEX deletions_by_certificate ON deletions (certificate, sequence);

CREATE TRIGGER deletions_are_confirmed_once BEFORE UPDATE ON deletions
WHEN OLD.confirmed IS NOT NULL OR NEW.name IS NOT OLD.name OR NEW.return_id IS NOT OLD.return_id
  OR NEW.person IS NOT OLD.person OR NEW.certificate IS NOT OLD.certificate OR NEW.sha256 IS NOT OLD.sha256
  OR NEW.bytes IS NOT OLD.bytes OR NEW.planned IS NOT OLD.planned OR NEW.cause IS NOT OLD.cause
  OR NEW.authority IS NOT OLD.authority
BEGIN SELECT RAISE(ABORT, 'a deletion is confirmed once and never changed'); END;

CREATE TRIGGER deletions_are_never_forgotten BEFORE DELETE ON deletions
BEGIN SELECT RAISE(ABORT, 'the line of a deletion is never removed'); END;
