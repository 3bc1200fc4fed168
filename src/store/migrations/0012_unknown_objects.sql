-- Objects of the archive of which this ledger does not speak, as after a ledger was lost or put back from an older copy. They
-- are left where they lie. The days are counted by the ledger, so that none passes that it did not see.

CREATE TABLE unknown_objects (
    name       TEXT PRIMARY KEY NOT NULL,                        -- immutable: of the object in the archive
    noted      INTEGER NOT NULL,                                 -- immutable: when it was first seen
    last_day   TEXT NOT NULL,                                    -- mutable: the last day on which it was seen, in Europe/London
    days       INTEGER NOT NULL,                                 -- mutable: how many days it was seen on after the first
    updated_by TEXT NOT NULL                                     -- mutable: the transaction that last wrote the row
) STRICT;
