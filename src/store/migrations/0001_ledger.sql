-- The ledger's first schema. Times are milliseconds since 1970-01-01T00:00:00Z; identifiers are UUIDs and digests are
-- SHA-256 in lower-case hexadecimal, both as text. Columns marked immutable are written once, with their row.
-- Every table that changes has updated_by: the name of the transaction that last wrote the row.
-- Nothing that a return says stands in any column.

CREATE TABLE keys (
    id         TEXT PRIMARY KEY NOT NULL,                         -- immutable: the key's identifier
    prefix     TEXT NOT NULL,                                     -- immutable: its first characters, to tell keys apart
    secret     TEXT NOT NULL UNIQUE,                              -- immutable: SHA-256 of its 256 random bits
    role       TEXT NOT NULL,                                     -- immutable: submitter, signatory, collector, analyst, operator
    authority  TEXT,                                              -- immutable: three-digit code; null for the department's keys
    label      TEXT NOT NULL,                                     -- immutable: what its maker called it
    created    INTEGER NOT NULL,                                  -- immutable: when it was made
    expires    INTEGER,                                           -- immutable: when it ends by itself
    revoked    INTEGER,                                           -- mutable, once: when it was ended
    last_used  INTEGER,                                           -- mutable: when it was last used, to the minute
    updated_by TEXT NOT NULL                                      -- mutable: the transaction that last wrote the row
) STRICT;

CREATE TABLE returns (
    id              TEXT PRIMARY KEY NOT NULL,                    -- immutable: the version's identifier; sorts by time
    authority       TEXT NOT NULL,                                -- immutable: three-digit code of the key that uploaded
    digest          TEXT NOT NULL,                                -- immutable: of the uploaded bytes
    bytes           INTEGER NOT NULL,                             -- immutable: size of the upload
    idempotency_key TEXT,                                         -- immutable: as the client gave it
    uploaded_by     TEXT NOT NULL REFERENCES keys (id),           -- immutable: the key that uploaded
    received        INTEGER NOT NULL,                             -- immutable: when the bytes were durable
    received_under  TEXT NOT NULL,                                -- immutable: digest of the specification at that time
    state           TEXT NOT NULL,                                -- mutable: along the state table of the domain
    collection      TEXT,                                         -- mutable, once: with the verdict
    version         INTEGER,                                      -- mutable, once: with the verdict, unless rejected
    outcome         TEXT,                                         -- mutable, once: clean, queries or errors; null when rejected
    verdict         TEXT,                                         -- mutable, once: JSON of counts, specification and rules not checked; null when rejected
    decided         INTEGER,                                      -- mutable, once: when the verdict was made
    signed          INTEGER,                                      -- mutable, once: when it was signed
    signed_by       TEXT REFERENCES keys (id),                    -- mutable, once: by which key
    accepted        INTEGER,                                      -- mutable, once: when it was accepted
    accepted_by     TEXT REFERENCES keys (id),                    -- mutable, once: by which key
    ended           INTEGER,                                      -- mutable, once: when it was superseded, withdrawn or sent back
    ended_by        TEXT REFERENCES keys (id),                    -- mutable, once: by which key
    note            TEXT,                                         -- mutable: what the last person who moved it said
    updated_by      TEXT NOT NULL                                 -- mutable: the transaction that last wrote the row
) STRICT;

-- One upload for each authority and idempotency key.
CREATE UNIQUE INDEX returns_by_idempotency_key ON returns (authority, idempotency_key) WHERE idempotency_key IS NOT NULL;
-- One row for each version.
CREATE UNIQUE INDEX returns_by_version ON returns (collection, authority, version) WHERE version IS NOT NULL;
-- One accepted version for each authority and collection, whatever the program does.
CREATE UNIQUE INDEX returns_in_force ON returns (collection, authority) WHERE state = 'accepted';
CREATE INDEX returns_by_digest ON returns (authority, digest);
CREATE INDEX returns_by_state ON returns (state);

CREATE TABLE receipts (
    return_id TEXT PRIMARY KEY NOT NULL REFERENCES returns (id), -- immutable: the rejected upload
    authority TEXT NOT NULL,                                     -- immutable: who sent it
    received  INTEGER NOT NULL,                                  -- immutable: when
    digest    TEXT NOT NULL,                                     -- immutable: of the rejected bytes
    bytes     INTEGER NOT NULL,                                  -- immutable: their number
    codes     TEXT NOT NULL                                      -- immutable: JSON array of the codes of the rules that rejected it
) STRICT;

CREATE TABLE explanations (
    sequence  INTEGER PRIMARY KEY AUTOINCREMENT,                 -- immutable: the latest of the same thing is in force
    return_id TEXT NOT NULL REFERENCES returns (id),             -- immutable: the version explained
    code      TEXT NOT NULL,                                     -- immutable: the rule
    finding   TEXT,                                              -- immutable: the finding's fingerprint; null for the whole rule
    text      TEXT NOT NULL,                                     -- immutable: the reason, in the author's words
    author    TEXT NOT NULL REFERENCES keys (id),                -- immutable: the key that gave it
    at        INTEGER NOT NULL                                   -- immutable: when
) STRICT;

CREATE INDEX explanations_by_return ON explanations (return_id, sequence);

CREATE TABLE events (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT,                -- immutable: the order of everything that happened
    at         INTEGER NOT NULL,                                 -- immutable: when
    what       TEXT NOT NULL,                                    -- immutable: the name of the transaction
    subject    TEXT NOT NULL,                                    -- immutable: return, release or key
    subject_id TEXT NOT NULL,                                    -- immutable: its identifier
    state_from TEXT,                                             -- immutable: the state it left
    state_to   TEXT,                                             -- immutable: the state it took
    done_by    TEXT REFERENCES keys (id),                        -- immutable: the key that did it; null for the service itself
    note       TEXT                                              -- immutable: what was said
) STRICT;

CREATE INDEX events_by_subject ON events (subject, subject_id, sequence);

CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END;

CREATE TRIGGER events_are_never_removed BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END;

CREATE TABLE releases (
    id           TEXT PRIMARY KEY NOT NULL,                      -- immutable: the release's identifier; sorts by time
    collection   TEXT NOT NULL,                                  -- immutable: the collection it is of
    manifest     TEXT NOT NULL,                                  -- immutable: JSON from which the same bytes can be built again
    files        TEXT NOT NULL,                                  -- immutable: JSON array of name, digest and size
    built        INTEGER NOT NULL,                               -- immutable: when it was built
    built_by     TEXT NOT NULL REFERENCES keys (id),             -- immutable: by which key
    state        TEXT NOT NULL,                                  -- mutable, once: draft, then published
    published    INTEGER,                                        -- mutable, once: when it was published
    published_by TEXT REFERENCES keys (id),                      -- mutable, once: by which key
    updated_by   TEXT NOT NULL                                   -- mutable: the transaction that last wrote the row
) STRICT;

CREATE TRIGGER published_releases_are_never_changed BEFORE UPDATE ON releases WHEN OLD.state = 'published'
BEGIN SELECT RAISE(ABORT, 'a published release is never changed'); END;

CREATE TRIGGER published_releases_are_never_removed BEFORE DELETE ON releases WHEN OLD.state = 'published'
BEGIN SELECT RAISE(ABORT, 'a published release is never changed'); END;
