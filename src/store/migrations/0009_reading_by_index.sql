-- Reading one authority's or one collection's versions, or a page of the list, touches their rows only.
CREATE INDEX returns_by_authority ON returns (authority, collection, received, id);
CREATE INDEX returns_by_collection ON returns (collection, state, received, id);
CREATE INDEX returns_by_receipt ON returns (received, id);
CREATE INDEX receipts_by_authority ON receipts (authority, received, return_id);
CREATE INDEX receipts_by_receipt ON receipts (received, return_id);
