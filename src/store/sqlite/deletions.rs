//! Deletions: written before they are done, confirmed after, certified when all under one certificate are.

use super::history::{self, Change};
use super::people;
use super::receipts::{PROGRAM, to_the_millisecond};
use super::returns::within;
use super::rows::{
    count, every, json, number, optional_parsed, optional_time, parsed, required_time, selected, text, time, to_json,
};
use super::transaction::Work;
use crate::domain::evidence::{Certificate, DeletedObject, DeletedOf, DeletionCause, seal};
use crate::domain::identifier::{CertificateId, PersonId, ReturnId};
use crate::domain::state::ReturnState;
use crate::store::deletion::{Deletion, Doomed, SignedCertificate, explanations_of, identity_of, notes_of};
use crate::store::error::StoreError;
use crate::store::records::EventSubject;
use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqlitePool};
use std::collections::{BTreeMap, BTreeSet};

/// Writes that these will be deleted; those that are written already are left out. A return that moved on since it was found
/// due is not due any more.
pub(super) async fn plan(
    mut work: Work,
    certificate: CertificateId,
    cause: &DeletionCause,
    objects: &[Doomed],
    seen: Option<ReturnState>,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    if let Some(expected) = seen {
        for id in objects.iter().filter_map(|object| object.of.return_id()).collect::<BTreeSet<_>>() {
            let found = within(work.on()?, id).await?.state;
            if found != expected {
                return Err(StoreError::Moved { id, expected, found });
            }
        }
    }
    let by = if let DeletionCause::Removal { by, .. } = cause { *by } else { None };
    for object in objects {
        let known = sqlx::query("SELECT 1 FROM deletions WHERE name = ?").bind(&object.name);
        if known.fetch_optional(work.on()?).await?.is_some() {
            continue;
        }
        if let DeletedOf::Person(id) = object.of
            && !people::is_disabled(&mut work, id).await?
        {
            continue;
        }
        let digest = object.sha256.map_or_else(String::new, |digest| format!(", SHA-256 {digest}"));
        let note = format!("{}, {} bytes{digest}: {}", object.name, object.bytes, cause.told());
        let change = Change { by, note: Some(&note), ..Change::default() };
        let planned = history::add_numbered(&mut work, subject(object.of), at, change).await?;
        let query = sqlx::query(
            "INSERT INTO deletions (certificate, cause, name, return_id, person, authority, sha256, bytes, planned, \
             updated_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        );
        let person = if let DeletedOf::Person(id) = object.of { Some(id.to_string()) } else { None };
        query
            .bind(certificate.to_string())
            .bind(to_json(cause)?)
            .bind(&object.name)
            .bind(object.of.return_id().map(|id| id.to_string()))
            .bind(person)
            .bind(&object.authority)
            .bind(object.sha256.map(|digest| digest.to_string()))
            .bind(number(object.bytes))
            .bind(number(planned))
            .bind(work.name())
            .execute(work.on()?)
            .await?;
    }
    work.commit().await
}

/// Confirms deletions. What the ledger itself held goes in this transaction; what the archive held must be gone.
pub(super) async fn confirm(mut work: Work, deletions: &[Deletion], at: DateTime<Utc>) -> Result<(), StoreError> {
    for deletion in deletions {
        let open = sqlx::query("SELECT 1 FROM deletions WHERE sequence = ? AND confirmed IS NULL");
        if open.bind(number(deletion.sequence)).fetch_optional(work.on()?).await?.is_none() {
            continue;
        }
        let name = &deletion.object.name;
        match deletion.object.of {
            DeletedOf::Return(id) if *name == explanations_of(id) => remove_explanations(&mut work, id).await?,
            DeletedOf::Return(id) if *name == notes_of(id) => remove_notes(&mut work, id).await?,
            DeletedOf::Person(id) if *name == identity_of(id) => people::erase(&mut work, id, at).await?,
            DeletedOf::Return(_) | DeletedOf::Person(_) => {}
        }
        let change = Change { note: Some(&deletion.object.name), ..Change::default() };
        let confirmed = history::add_numbered(&mut work, subject(deletion.object.of), at, change).await?;
        let query =
            sqlx::query("UPDATE deletions SET confirmed = ?, confirmed_at = ?, updated_by = ? WHERE sequence = ?");
        let query = query.bind(number(confirmed)).bind(time(at)).bind(work.name()).bind(number(deletion.sequence));
        query.execute(work.on()?).await?;
    }
    work.commit().await
}

const fn subject(of: DeletedOf) -> EventSubject {
    match of {
        DeletedOf::Return(id) => EventSubject::Return(id),
        DeletedOf::Person(id) => EventSubject::Person(id),
    }
}

async fn remove_explanations(work: &mut Work, id: ReturnId) -> Result<(), StoreError> {
    let query = sqlx::query("DELETE FROM explanations WHERE return_id = ?").bind(id.to_string());
    query.execute(work.on()?).await?;
    Ok(())
}

/// Takes away what people wrote about a return. The events stay, with the digest of the words.
async fn remove_notes(work: &mut Work, id: ReturnId) -> Result<(), StoreError> {
    let query = sqlx::query("UPDATE returns SET note = NULL, updated_by = ? WHERE id = ?");
    query.bind(work.name()).bind(id.to_string()).execute(work.on()?).await?;
    let query = sqlx::query(
        "UPDATE events SET note = NULL WHERE subject = 'return' AND subject_id = ? AND note IS NOT NULL \
         AND done_by IS NOT NULL AND what NOT IN ('plan deletions', 'confirm deletions')",
    );
    query.bind(id.to_string()).execute(work.on()?).await?;
    Ok(())
}

/// The deletion that takes the content of a return, as the transaction sees it.
pub(super) async fn of_content(work: &mut Work, id: ReturnId) -> Result<Option<Deletion>, StoreError> {
    let query = sqlx::query("SELECT * FROM deletions WHERE return_id = ? ORDER BY sequence").bind(id.to_string());
    let rows = query.fetch_all(work.on()?).await?;
    Ok(Deletion::of_content(rows.iter().map(read).collect::<Result<Vec<_>, _>>()?))
}

/// Signs a certificate for every one whose deletions are all confirmed, and says which.
pub(super) async fn certify(mut work: Work, at: DateTime<Utc>) -> Result<Vec<SignedCertificate>, StoreError> {
    let query = "SELECT certificate FROM deletions WHERE certificate NOT IN (SELECT id FROM certificates) \
                 GROUP BY certificate HAVING count(*) = count(confirmed) ORDER BY certificate";
    let rows = sqlx::query(query).fetch_all(work.on()?).await?;
    let mut signed = Vec::with_capacity(rows.len());
    for row in &rows {
        let id: CertificateId = parsed(row, "certificate")?;
        let query = sqlx::query("SELECT * FROM deletions WHERE certificate = ? ORDER BY sequence");
        let rows = query.bind(id.to_string()).fetch_all(work.on()?).await?;
        let deletions = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let Some(cause) = deletions.first().map(|deletion| deletion.cause.clone()) else { continue };
        let objects = deletions.into_iter().map(certified).collect();
        let at = to_the_millisecond(at);
        let certificate = Certificate { id, at, cause, objects, program: PROGRAM.to_owned() };
        let envelope = seal(&*work.signer()?, &certificate);
        let query = sqlx::query("INSERT INTO certificates (id, at, envelope) VALUES (?, ?, ?)");
        query.bind(id.to_string()).bind(time(at)).bind(&envelope).execute(work.on()?).await?;
        let change = Change { to: Some("signed"), ..Change::default() };
        history::add(&mut work, EventSubject::Certificate(id), at, change).await?;
        signed.push(SignedCertificate { id, at, envelope });
    }
    work.commit().await?;
    Ok(signed)
}

fn certified(deletion: Deletion) -> DeletedObject {
    DeletedObject {
        name: deletion.object.name,
        sha256: deletion.object.sha256,
        bytes: deletion.object.bytes,
        of: deletion.object.of,
        authority: deletion.object.authority,
        planned: deletion.planned,
        confirmed: deletion.confirmed.map_or(0, |(event, _)| event),
    }
}

fn read(row: &SqliteRow) -> Result<Deletion, StoreError> {
    let confirmed: Option<i64> = row.try_get("confirmed")?;
    let confirmed = match (confirmed, optional_time(row, "confirmed_at")?) {
        (Some(_), Some(at)) => Some((count(row, "confirmed")?, at)),
        _ => None,
    };
    let of = match (optional_parsed::<ReturnId>(row, "return_id")?, optional_parsed::<PersonId>(row, "person")?) {
        (Some(id), _) => DeletedOf::Return(id),
        (None, Some(id)) => DeletedOf::Person(id),
        (None, None) => return Err(StoreError::damaged("a deletion", "it is of nothing")),
    };
    Ok(Deletion {
        sequence: count(row, "sequence")?,
        certificate: parsed(row, "certificate")?,
        cause: json(row, "cause")?,
        object: Doomed {
            name: text(row, "name")?,
            of,
            authority: text(row, "authority")?,
            sha256: optional_parsed(row, "sha256")?,
            bytes: count(row, "bytes")?,
        },
        planned: count(row, "planned")?,
        confirmed,
    })
}

/// Deletions in their order: of one return, or all.
pub(super) async fn list(readers: &SqlitePool, id: Option<ReturnId>) -> Result<Vec<Deletion>, StoreError> {
    let mut query = selected("*", "deletions", [("return_id", id.map(|id| id.to_string()))]);
    every(query.push(" ORDER BY sequence").build(), readers, read).await
}

/// Its condition is the one that the index `deletions_on_request` is made with; written otherwise it would read every row.
const ON_REQUEST: &str = "SELECT * FROM deletions WHERE json_extract(cause, '$.cause') = 'removal' ORDER BY sequence";

/// The returns whose content was removed on request, each with the deletion that takes it.
pub(super) async fn removals(readers: &SqlitePool) -> Result<BTreeMap<ReturnId, Deletion>, StoreError> {
    let removed = every(sqlx::query(ON_REQUEST), readers, read).await?;
    let of_content = removed.into_iter().filter(Deletion::takes_content);
    Ok(of_content.filter_map(|one| Some((one.object.of.return_id()?, one))).collect())
}

pub(super) async fn certificates(readers: &SqlitePool) -> Result<Vec<SignedCertificate>, StoreError> {
    every(sqlx::query("SELECT * FROM certificates ORDER BY at, id"), readers, |row| {
        Ok(SignedCertificate {
            id: parsed(row, "id")?,
            at: required_time(row, "at")?,
            envelope: text(row, "envelope")?,
        })
    })
    .await
}

/// Removes keys that ended before a time and of which nothing speaks: sessions of people, mostly. A key that did something
/// stays, because the history names it.
pub(super) async fn forget_keys(mut work: Work, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let query = sqlx::query("SELECT id FROM keys WHERE coalesce(revoked, overlap_ends, expires) < ?");
    let ended = query.bind(time(before)).fetch_all(work.on()?).await?;
    let mut removed = 0;
    for row in &ended {
        let delete = sqlx::query("DELETE FROM keys WHERE id = ?").bind(text(row, "id")?).execute(work.on()?).await;
        match delete {
            Ok(done) => removed += done.rows_affected(),
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {}
            Err(error) => return Err(error.into()),
        }
    }
    work.commit().await?;
    Ok(removed)
}

/// Folds the write-ahead log into the file and empties it, so that no page from before a deletion is left in it. False
/// where a reader still needed it.
pub(super) async fn scrub(writer: &SqlitePool) -> Result<bool, StoreError> {
    let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(writer).await?;
    Ok(row.try_get::<i64, _>(0)? == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::observer::NoObserver;
    use crate::store::sqlite::SqliteLedger;
    use crate::store::sqlite::rows::steps_of;
    use std::sync::Arc;

    #[tokio::test]
    async fn what_was_removed_on_request_is_found_by_index() {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = SqliteLedger::open(&folder.path().join("ledger"), Arc::new(NoObserver)).await.expect("opens");
        let steps = steps_of(&ledger.readers, ON_REQUEST, 0).await;
        assert_eq!(
            steps,
            ["SCAN deletions USING INDEX deletions_on_request"],
            "the whole of it, and nothing is sorted"
        );
    }
}
