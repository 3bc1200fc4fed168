-- Uploads whose bytes are on their way into the archive and of which nobody was told yet: what an interrupted run left of them is
-- removed at the next start. A copy of the ledger holds none: to it, whatever arrived later may have been acknowledged.
CREATE TABLE arrivals (
    return_id  TEXT PRIMARY KEY NOT NULL, -- immutable: the upload, before there is a return
    since      INTEGER NOT NULL,          -- immutable: when its bytes began to go into the archive
    updated_by TEXT NOT NULL              -- immutable: the transaction that wrote the row
) STRICT;
