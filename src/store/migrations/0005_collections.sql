-- What people decided about a collection since its calendar was written, who is reminded, and the reminders themselves.
-- Nothing that a return says stands in any column; a reminder names authorities, collections and dates.

CREATE TABLE collection_decisions (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT,                -- immutable: the order of the decisions
    collection TEXT NOT NULL,                                    -- immutable: the collection it is about
    step       TEXT NOT NULL,                                    -- immutable: open, extend, close or reopen
    authority  TEXT,                                             -- immutable: three-digit code; null where it is for everybody
    last_day   TEXT,                                             -- immutable: the new deadline, or the last day of a reopening; a day in Europe/London
    reason     TEXT NOT NULL,                                    -- immutable: as it was given
    at         INTEGER NOT NULL,                                 -- immutable: when
    done_by    TEXT REFERENCES keys (id)                         -- immutable: by which key; null on the command line
) STRICT;

CREATE INDEX collection_decisions_by_collection ON collection_decisions (collection, sequence);

CREATE TRIGGER collection_decisions_are_never_changed BEFORE UPDATE ON collection_decisions
BEGIN SELECT RAISE(ABORT, 'a decision about a collection is never changed'); END;

CREATE TRIGGER collection_decisions_are_never_removed BEFORE DELETE ON collection_decisions
BEGIN SELECT RAISE(ABORT, 'a decision about a collection is never removed'); END;

-- Addresses beside those of people who have an account.
CREATE TABLE contacts (
    organisation TEXT NOT NULL,                                  -- immutable: an authority's three-digit code, or department
    address      TEXT NOT NULL COLLATE NOCASE,                   -- immutable: an e-mail address
    added        INTEGER NOT NULL,                               -- immutable: when
    updated_by   TEXT NOT NULL,                                  -- immutable: the transaction that wrote the row
  PRIMARY KEY (organisation, address)
) STRICT;

-- The outbox: what is to be told is written with what happened, and sent afterwards until it has arrived or is given up.
CREATE TABLE reminders (
    id               TEXT PRIMARY KEY NOT NULL,                  -- immutable: its Message-ID and delivery, the same at every attempt
    kind             TEXT NOT NULL,                              -- immutable: before, due, after, sent-back or unaccepted
    occasion         TEXT NOT NULL,                              -- immutable: what sets it apart from others of its kind
    collection       TEXT NOT NULL,                              -- immutable: the collection it is about
    authority        TEXT NOT NULL,                              -- immutable: three-digit code of the authority it is about
    organisation     TEXT NOT NULL,                              -- immutable: who is told: that authority, or department
    channel          TEXT NOT NULL,                              -- immutable: mail or webhook
    recipient        TEXT,                                       -- mutable, once: the e-mail address, until it has arrived or is given up
    recipient_digest TEXT NOT NULL,                              -- immutable: SHA-256 of the address, so that nobody is told twice
    deadline         TEXT,                                       -- immutable: the deadline it speaks of
    days             INTEGER,                                    -- immutable: the days before or after
    return_id        TEXT REFERENCES returns (id),               -- immutable: the return it speaks of
    planned          INTEGER NOT NULL,                           -- immutable: when it was written
    attempts         INTEGER NOT NULL,                           -- mutable: how often it was tried
    next_attempt     INTEGER NOT NULL,                           -- mutable: when it is tried next
    delivered        INTEGER,                                    -- mutable, once: when it arrived
    given_up         INTEGER,                                    -- mutable, once: when it was given up
    updated_by       TEXT NOT NULL                               -- mutable: the transaction that last wrote the row
) STRICT;

-- Exactly once for each reminder, authority and channel, whoever plans it however often.
CREATE UNIQUE INDEX reminders_once ON reminders (kind, occasion, collection, authority, channel, recipient_digest);
CREATE INDEX reminders_waiting ON reminders (channel, next_attempt) WHERE delivered IS NULL AND given_up IS NULL;

CREATE TRIGGER reminders_end_for_good BEFORE UPDATE ON reminders WHEN OLD.delivered IS NOT NULL OR OLD.given_up IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a reminder that has arrived or was given up is never changed'); END;
