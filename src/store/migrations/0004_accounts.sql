-- Organisations, people, and what a key is beyond its secret: its kind, its person, its roles, its certificate, its rotation.
-- Names of organisations stand in the register and not here. Names and addresses of people stand in this table only, and
-- never in the history.

CREATE TABLE organisations (
    id         TEXT PRIMARY KEY NOT NULL,                        -- immutable: an authority's three-digit code, or department
    made       INTEGER NOT NULL,                                 -- immutable: when its first key or person was made
    updated_by TEXT NOT NULL                                     -- immutable: the transaction that wrote the row
) STRICT;

INSERT INTO organisations (id, made, updated_by)
SELECT coalesce(authority, 'department'), min(created), 'accounts' FROM keys GROUP BY 1;

CREATE TABLE people (
    id           TEXT PRIMARY KEY NOT NULL,                      -- immutable: the person's identifier; sorts by time
    organisation TEXT NOT NULL REFERENCES organisations (id),    -- immutable: where the person belongs
    name         TEXT NOT NULL,                                  -- mutable: as others read it
    email        TEXT COLLATE NOCASE,                            -- mutable: where reminders go, and by which a provider is matched
    roles        TEXT NOT NULL,                                  -- mutable: JSON array; a key of the person has at most these
    issuer       TEXT,                                           -- mutable: the OpenID provider; null until it is known
    subject      TEXT,                                           -- mutable: the person at that provider
    user_name    TEXT COLLATE NOCASE,                            -- mutable: for signing in without a provider
    password     TEXT,                                           -- mutable: Argon2id hash in PHC form
    created      INTEGER NOT NULL,                               -- immutable: when the row was made
    created_by   TEXT REFERENCES keys (id),                      -- immutable: by which key; null on the command line
    disabled     INTEGER,                                        -- mutable: since when the person may not act
    updated_by   TEXT NOT NULL,                                  -- mutable: the transaction that last wrote the row
  CHECK ((issuer IS NULL) = (subject IS NULL)),
  CHECK ((user_name IS NULL) = (password IS NULL)),
  CHECK (issuer IS NULL OR user_name IS NULL)
) STRICT;

CREATE UNIQUE INDEX people_by_subject ON people (issuer, subject) WHERE issuer IS NOT NULL;
CREATE UNIQUE INDEX people_by_user_name ON people (user_name) WHERE user_name IS NOT NULL;
CREATE UNIQUE INDEX people_by_email ON people (email) WHERE email IS NOT NULL;
CREATE INDEX people_by_organisation ON people (organisation, id);

ALTER TABLE keys ADD COLUMN kind TEXT NOT NULL DEFAULT 'machine';          -- immutable: machine or session
ALTER TABLE keys ADD COLUMN organisation TEXT REFERENCES organisations (id); -- immutable: whose key it is
ALTER TABLE keys ADD COLUMN person TEXT REFERENCES people (id);            -- immutable: the person who acts with it; null where none is known
ALTER TABLE keys ADD COLUMN roles TEXT NOT NULL DEFAULT '[]';              -- immutable: JSON array; role is the first of them
ALTER TABLE keys ADD COLUMN secret_form TEXT NOT NULL DEFAULT 'sha-256';   -- mutable, once: sha-256 in rows of earlier schemas, then hmac-sha-256; the secret changes with it
ALTER TABLE keys ADD COLUMN certificate TEXT;                              -- immutable: SHA-256 of the client certificate without which it is not taken
ALTER TABLE keys ADD COLUMN created_by TEXT REFERENCES keys (id);          -- immutable: the key that made it; null on the command line
ALTER TABLE keys ADD COLUMN replaced_by TEXT REFERENCES keys (id);         -- mutable, once: the key that takes its place
ALTER TABLE keys ADD COLUMN overlap_ends INTEGER;                          -- mutable, once: when it ends because it was replaced

UPDATE keys SET organisation = coalesce(authority, 'department'), roles = json_array(role);

CREATE INDEX keys_by_person ON keys (person) WHERE person IS NOT NULL;
CREATE INDEX keys_by_organisation ON keys (organisation, kind, created);

CREATE TRIGGER keys_belong_to_an_organisation BEFORE INSERT ON keys WHEN NEW.organisation IS NULL OR NEW.roles = '[]'
BEGIN SELECT RAISE(ABORT, 'a key belongs to an organisation and has a role'); END;

CREATE TRIGGER keys_belong_where_their_person_does BEFORE INSERT ON keys
WHEN NEW.person IS NOT NULL AND NEW.organisation <> (SELECT organisation FROM people WHERE id = NEW.person)
BEGIN SELECT RAISE(ABORT, 'a key belongs to the organisation of its person'); END;

CREATE TRIGGER keys_keep_what_they_were_made_for BEFORE UPDATE OF
  id, prefix, kind, organisation, authority, person, role, roles, certificate, label, created, created_by ON keys
BEGIN SELECT RAISE(ABORT, 'what a key was made for is never changed'); END;

CREATE TRIGGER keys_end_for_good BEFORE UPDATE OF revoked ON keys WHEN OLD.revoked IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a revoked key is never used again'); END;

CREATE TRIGGER releases_are_approved_by_a_second_person BEFORE UPDATE ON releases
WHEN EXISTS (SELECT 1 FROM keys AS one JOIN keys AS two ON one.person = two.person
  WHERE one.id = NEW.approved_by AND two.id = NEW.built_by)
BEGIN SELECT RAISE(ABORT, 'a release is approved by another person than the one who built it'); END;
