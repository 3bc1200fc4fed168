-- Received uploads that an attempt to decide them did not end well for: so that one that can never be decided is not tried for
-- ever. A row is written before an attempt after the first begins; one whose upload is decided since says nothing any more.
CREATE TABLE attempts (
    return_id  TEXT PRIMARY KEY NOT NULL REFERENCES returns (id), -- immutable: the upload
    made       INTEGER NOT NULL,                                  -- mutable: how many attempts were begun that count
    last       INTEGER NOT NULL,                                  -- mutable: when the last was begun
    aside      INTEGER,                                           -- mutable: since when it waits for whoever runs the service
    updated_by TEXT NOT NULL                                      -- mutable: the transaction that last wrote the row
) STRICT;

-- Whether `finding` is a name that needs the service's secret to be made. Rows of earlier programs hold a digest that anybody can
-- make; a start gives them their names.
ALTER TABLE explanations ADD COLUMN named INTEGER NOT NULL DEFAULT 0; -- mutable, once: with the name
CREATE INDEX explanations_not_named ON explanations (finding) WHERE named = 0;
