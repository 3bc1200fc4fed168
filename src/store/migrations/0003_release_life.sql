-- The life of a release: approved by a second person, published at a time, revised with a reason, or discarded.

ALTER TABLE releases ADD COLUMN family TEXT NOT NULL DEFAULT '';          -- immutable: the series of collections it belongs to
ALTER TABLE releases ADD COLUMN kind TEXT NOT NULL DEFAULT 'provisional'; -- immutable: provisional or final
ALTER TABLE releases ADD COLUMN label TEXT NOT NULL DEFAULT '';           -- immutable: its period, as people read it
ALTER TABLE releases ADD COLUMN revises TEXT REFERENCES releases (id);    -- immutable: the published release of the same collection it takes the place of
ALTER TABLE releases ADD COLUMN follows TEXT REFERENCES releases (id);    -- immutable: the release of the family that was the latest published when it was built
ALTER TABLE releases ADD COLUMN reason TEXT;                              -- immutable: why the one before is revised
ALTER TABLE releases ADD COLUMN digest TEXT;                              -- immutable: SHA-256 of the manifest; null in rows of the first schema
ALTER TABLE releases ADD COLUMN versions TEXT NOT NULL DEFAULT '{}';      -- immutable: JSON object of the version of each data set
ALTER TABLE releases ADD COLUMN approved INTEGER;                         -- mutable, once: when a second person approved it
ALTER TABLE releases ADD COLUMN approved_by TEXT REFERENCES keys (id);    -- mutable, once: by which key
ALTER TABLE releases ADD COLUMN publish_at INTEGER;                       -- mutable: when it is to be published
ALTER TABLE releases ADD COLUMN scheduled_by TEXT REFERENCES keys (id);   -- mutable: by which key that time was set
ALTER TABLE releases ADD COLUMN discarded INTEGER;                        -- mutable, once: when it was given up
ALTER TABLE releases ADD COLUMN discarded_by TEXT REFERENCES keys (id);   -- mutable, once: by which key
ALTER TABLE releases ADD COLUMN discard_reason TEXT;                      -- mutable, once: why it was given up

DROP TRIGGER published_releases_are_never_changed;
DROP TRIGGER published_releases_are_never_removed;

-- Collections are named after their series and year.
UPDATE releases SET family = rtrim(rtrim(collection, '0123456789'), '-');

CREATE TRIGGER published_releases_are_never_changed BEFORE UPDATE ON releases WHEN OLD.state = 'published'
BEGIN SELECT RAISE(ABORT, 'a published release is never changed'); END;

CREATE TRIGGER discarded_releases_are_never_changed BEFORE UPDATE ON releases WHEN OLD.state = 'discarded'
BEGIN SELECT RAISE(ABORT, 'a discarded release is never changed'); END;

CREATE TRIGGER releases_are_never_removed BEFORE DELETE ON releases
BEGIN SELECT RAISE(ABORT, 'the line of a release is never removed'); END;

CREATE TRIGGER releases_keep_what_they_were_built_from BEFORE UPDATE OF
  id, collection, family, kind, label, revises, follows, reason, manifest, digest, files, versions, built, built_by ON releases
BEGIN SELECT RAISE(ABORT, 'what a release was built from is never changed'); END;

CREATE TRIGGER releases_are_approved_by_a_second_key BEFORE UPDATE ON releases WHEN NEW.approved_by = NEW.built_by
BEGIN SELECT RAISE(ABORT, 'a release is approved by another key than the one that built it'); END;

CREATE TRIGGER releases_are_published_with_approval BEFORE UPDATE ON releases
WHEN OLD.state <> 'published' AND NEW.state IN ('approved', 'scheduled', 'published') AND NEW.approved_by IS NULL
BEGIN SELECT RAISE(ABORT, 'a release is published with approval only'); END;

CREATE INDEX releases_by_family ON releases (family, state, published);
