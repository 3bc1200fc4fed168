//! Walks the history of a ledger and says what is wrong with it: beside a running service or over a copy, and without a change.

use super::history::chained;
use super::rows::{count, optional_text, parsed, text};
use crate::domain::digest::Digest;
use crate::domain::evidence::{BrokenLink, Checkpoint, KeySet, PublishedKey, ReceiptBody, Walk, open};
use crate::store::error::StoreError;
use futures::TryStreamExt as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions as _, Row as _, SqliteConnection};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// Something signed, kept elsewhere, that says what an event was: the history must hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The number of the event.
    pub sequence: u64,
    pub digest: Digest,
    /// What says so, as part of a sentence.
    pub told_by: String,
}

/// The first thing that is wrong with a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFault {
    /// The event at which it shows; none where it is about the whole.
    pub event: Option<u64>,
    /// How it is wrong, as a sentence without a full stop.
    pub how: String,
}

/// What came of walking a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// How many events hold.
    pub events: u64,
    /// The digest of the last event that holds.
    pub head: Digest,
    /// How many of the ledger's own checkpoints and of those given were met.
    pub anchors: u64,
    /// How many receipts were verified against the events that they speak of.
    pub receipts: u64,
    pub fault: Option<AuditFault>,
}

/// The ledger's file, opened so that nothing can be written, and read as it is at one moment.
async fn at_one_moment(file: &Path) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true).busy_timeout(super::BUSY);
    let mut connection = options.connect().await?;
    sqlx::query("BEGIN").execute(&mut connection).await?;
    let chained = "SELECT count(*) FROM pragma_table_info('events') WHERE name = 'digest'";
    if sqlx::query_scalar::<_, i64>(chained).fetch_one(&mut connection).await? == 0 {
        return Err(StoreError::NotChained);
    }
    Ok(connection)
}

/// Walks the whole history. The ledger's own keys verify what it holds, unless others are given, which is the stronger test.
pub async fn audit(file: &Path, given: &[Anchor], keys: Option<&KeySet>) -> Result<Audit, StoreError> {
    let mut connection = at_one_moment(file).await?;
    let keys = match keys {
        Some(keys) => keys.clone(),
        None => own_keys(&mut connection).await?,
    };
    let mut anchors: BTreeMap<u64, Vec<Anchor>> = BTreeMap::new();
    let mut audit = Audit { events: 0, head: Walk::default().head, anchors: 0, receipts: 0, fault: None };
    let own = match own_checkpoints(&mut connection, &keys).await? {
        Ok(own) => own,
        Err(fault) => return Ok(Audit { fault: Some(fault), ..audit }),
    };
    for anchor in own.into_iter().chain(given.iter().cloned()) {
        anchors.entry(anchor.sequence).or_default().push(anchor);
    }
    walk(&mut connection, &anchors, &mut audit).await?;
    if audit.fault.is_none() {
        audit.fault = end(&mut connection, &anchors, audit.events).await?;
    }
    if audit.fault.is_none() {
        receipts(&mut connection, &keys, &mut audit).await?;
    }
    if audit.fault.is_none() {
        audit.fault = missing_words(&mut connection).await?;
    }
    if audit.fault.is_none() {
        audit.fault = states(&mut connection).await?;
    }
    Ok(audit)
}

/// Writes every event as a line of JSON, as it is digested and with its digest, without the words of any note. Says how many
/// there are and what the last digest is.
pub async fn export(file: &Path, out: &mut (dyn Write + Send)) -> Result<Walk, StoreError> {
    let mut connection = at_one_moment(file).await?;
    let mut walked = Walk::default();
    let mut rows = sqlx::query("SELECT * FROM events ORDER BY sequence").fetch(&mut connection);
    while let Some(row) = rows.try_next().await? {
        let (event, digest) = (chained(&row)?, parsed(&row, "digest")?);
        let line = event.canonical();
        let line = format!("{},\"digest\":\"{digest}\"}}\n", line.trim_end_matches('}'));
        out.write_all(line.as_bytes()).map_err(|error| StoreError::damaged("the export", error))?;
        walked = Walk { events: event.sequence, head: digest };
    }
    Ok(walked)
}

async fn walk(
    connection: &mut SqliteConnection,
    anchors: &BTreeMap<u64, Vec<Anchor>>,
    audit: &mut Audit,
) -> Result<(), StoreError> {
    let mut walked = Walk::default();
    let mut rows = sqlx::query("SELECT * FROM events ORDER BY sequence").fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let at: u64 = count(&row, "sequence").unwrap_or_default();
        let fault = |how: String| Some(AuditFault { event: Some(at), how });
        let (Ok(event), Ok(digest)) = (chained(&row), parsed::<Digest>(&row, "digest")) else {
            audit.fault = fault("it cannot be read as an event: a column of it was changed".to_owned());
            return Ok(());
        };
        if let Err(broken) = walked.step(&event, digest) {
            let event = if let BrokenLink::Missing(number) = broken { number } else { at };
            audit.fault = Some(AuditFault { event: Some(event), how: broken.to_string() });
            return Ok(());
        }
        if let Some(how) = words(&row, event.note_digest)? {
            audit.fault = fault(how);
            return Ok(());
        }
        for anchor in anchors.get(&at).into_iter().flatten() {
            if anchor.digest != digest {
                audit.fault = fault(format!("it is not the event of which {} speaks", anchor.told_by));
                return Ok(());
            }
            audit.anchors += 1;
        }
        (audit.events, audit.head) = (walked.events, walked.head);
    }
    Ok(())
}

/// Whether the words of a note are those that were digested. Words that are deleted leave their digest.
fn words(row: &SqliteRow, digest: Option<Digest>) -> Result<Option<String>, StoreError> {
    let note = optional_text(row, "note")?;
    let same = note.as_ref().map(|note| Digest::of(note.as_bytes())) == digest;
    Ok((!same && note.is_some()).then(|| "the words of its note were changed".to_owned()))
}

/// Words of a note that are gone, and whose deletion nothing records.
async fn missing_words(connection: &mut SqliteConnection) -> Result<Option<AuditFault>, StoreError> {
    let query = sqlx::query(
        "SELECT sequence FROM events WHERE note IS NULL AND note_digest IS NOT NULL AND NOT EXISTS (SELECT 1 FROM deletions \
         WHERE deletions.name = 'notes/' || events.subject_id AND confirmed IS NOT NULL) ORDER BY sequence LIMIT 1",
    );
    let Some(row) = query.fetch_optional(connection).await? else { return Ok(None) };
    let how = "the words of its note are gone, and nothing records that they were deleted".to_owned();
    Ok(Some(AuditFault { event: Some(count(&row, "sequence")?), how }))
}

/// Whether the end of the history is still there.
async fn end(
    connection: &mut SqliteConnection,
    anchors: &BTreeMap<u64, Vec<Anchor>>,
    events: u64,
) -> Result<Option<AuditFault>, StoreError> {
    let cut = |upto: u64, told_by: &str| {
        let how = format!("the end was cut off: {told_by} speaks of event {upto}, and the last one here is {events}");
        Some(AuditFault { event: Some(events + 1), how })
    };
    if let Some(anchor) = anchors.range(events + 1..).next_back().and_then(|(_, anchors)| anchors.first()) {
        return Ok(cut(anchor.sequence, &anchor.told_by));
    }
    let query = "SELECT coalesce(max(sequence), 0) AS upto FROM signed_receipts";
    let upto = count(&sqlx::query(query).fetch_one(&mut *connection).await?, "upto")?;
    if upto > events {
        return Ok(cut(upto, "a receipt of the ledger"));
    }
    let query = "SELECT coalesce(max(seq), 0) AS upto FROM sqlite_sequence WHERE name = 'events'";
    let upto = count(&sqlx::query(query).fetch_one(connection).await?, "upto")?;
    Ok(if upto > events { cut(upto, "the file's own count") } else { None })
}

/// Every decision on a return since the chain began has its receipt, which is of that event and of that file.
async fn receipts(connection: &mut SqliteConnection, keys: &KeySet, audit: &mut Audit) -> Result<(), StoreError> {
    let query = sqlx::query(
        "SELECT event.sequence, event.digest AS event_digest, receipt.envelope, returns.digest AS file_digest \
         FROM events event LEFT JOIN signed_receipts receipt ON receipt.sequence = event.sequence \
         LEFT JOIN returns ON returns.id = event.subject_id \
         WHERE event.subject = 'return' AND event.state_to IS NOT NULL AND event.state_to <> 'received' \
         AND event.sequence > (SELECT begun FROM event_chain) ORDER BY event.sequence",
    );
    let mut rows = query.fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let at = count(&row, "sequence")?;
        let how = match optional_text(&row, "envelope")? {
            None => Some("it is a decision without a receipt: it was not written by the service".to_owned()),
            Some(envelope) => match open::<ReceiptBody>(envelope.as_bytes(), keys) {
                Err(problem) => Some(format!("its receipt does not hold: {problem}")),
                Ok((body, _)) if body.event.sequence != at || body.event.digest != parsed(&row, "event_digest")? => {
                    Some("its receipt was given for another event".to_owned())
                }
                Ok((body, _)) if optional_text(&row, "file_digest")? != Some(body.file.sha256.to_string()) => {
                    Some("its receipt is for another file than the ledger's line of the return".to_owned())
                }
                Ok(_) => None,
            },
        };
        if let Some(how) = how {
            audit.fault = Some(AuditFault { event: Some(at), how });
            return Ok(());
        }
        audit.receipts += 1;
    }
    Ok(())
}

/// Every return is in the state that its last event gave it.
async fn states(connection: &mut SqliteConnection) -> Result<Option<AuditFault>, StoreError> {
    let query = sqlx::query(
        "SELECT id, state, last FROM (SELECT id, state, (SELECT state_to FROM events WHERE subject = 'return' \
         AND subject_id = returns.id AND state_to IS NOT NULL ORDER BY sequence DESC LIMIT 1) AS last FROM returns) \
         WHERE state IS NOT last ORDER BY id LIMIT 1",
    );
    let Some(row) = query.fetch_optional(connection).await? else { return Ok(None) };
    let last: Option<String> = row.try_get("last")?;
    let last = last.unwrap_or_else(|| "never received".to_owned());
    let how = format!(
        "the return {} is {} in the ledger, and {last} by its history",
        text(&row, "id")?,
        text(&row, "state")?
    );
    Ok(Some(AuditFault { event: None, how }))
}

/// The public keys that a ledger's file holds, read without a change.
pub async fn keys_of(file: &Path) -> Result<KeySet, StoreError> {
    own_keys(&mut at_one_moment(file).await?).await
}

async fn own_keys(connection: &mut SqliteConnection) -> Result<KeySet, StoreError> {
    let rows = sqlx::query("SELECT * FROM signing_keys ORDER BY since, rowid").fetch_all(connection).await?;
    let keys = rows.iter().map(|row| {
        let since = super::rows::required_time(row, "since")?;
        Ok(PublishedKey { key: parsed(row, "public_key")?, since, until: None })
    });
    keys.collect::<Result<_, StoreError>>().map(KeySet)
}

/// The ledger's own checkpoints, or what is wrong with one of them.
async fn own_checkpoints(
    connection: &mut SqliteConnection,
    keys: &KeySet,
) -> Result<Result<Vec<Anchor>, AuditFault>, StoreError> {
    let rows = sqlx::query("SELECT * FROM checkpoints ORDER BY events").fetch_all(connection).await?;
    let mut anchors = Vec::with_capacity(rows.len());
    for row in &rows {
        let events = count(row, "events")?;
        match open::<Checkpoint>(text(row, "envelope")?.as_bytes(), keys) {
            Ok((checkpoint, _)) if checkpoint.events == events => anchors.push(Anchor {
                sequence: events,
                digest: checkpoint.head,
                told_by: format!("the ledger's checkpoint of {}", checkpoint.at.format("%F %T")),
            }),
            Ok(_) => {
                let how = "the ledger's checkpoint of this event is of another one".to_owned();
                return Ok(Err(AuditFault { event: Some(events), how }));
            }
            Err(problem) => {
                let how = format!("the ledger's checkpoint of this event does not hold: {problem}");
                return Ok(Err(AuditFault { event: Some(events), how }));
            }
        }
    }
    Ok(Ok(anchors))
}
