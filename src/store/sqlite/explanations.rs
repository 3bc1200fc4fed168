//! Explanations: added, never edited; the latest of the same thing is in force.

use super::history::{self, Change};
use super::returns::within;
use super::rows::{count, every, named, optional_parsed, paged, parsed, required_time, text, time};
use super::transaction::Work;
use crate::domain::digest::Digest;
use crate::domain::identifier::ReturnId;
use crate::domain::state::ReturnState;
use crate::store::error::StoreError;
use crate::store::records::{
    EventSubject, Explained, Explanation, ExplanationFilter, ExplanationOfReturn, Page, VersionId,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite, SqlitePool};
use std::collections::BTreeSet;

pub(super) async fn add(mut work: Work, id: ReturnId, explanations: &[Explanation]) -> Result<(), StoreError> {
    let record = within(work.on()?, id).await?;
    if record.state != ReturnState::Checked {
        return Err(StoreError::Moved { id, expected: ReturnState::Checked, found: record.state });
    }
    insert(&mut work, id, explanations).await?;
    if let Some(last) = explanations.last() {
        let codes: BTreeSet<&str> = explanations.iter().map(|one| one.code.as_str()).collect();
        let codes = codes.into_iter().collect::<Vec<_>>().join(", ");
        let change = Change { by: Some(last.by), note: Some(&codes), ..Change::default() };
        history::add(&mut work, EventSubject::Return(id), last.at, change).await?;
    }
    work.commit().await
}

pub(super) async fn insert(work: &mut Work, id: ReturnId, explanations: &[Explanation]) -> Result<(), StoreError> {
    for explanation in explanations {
        let finding = match &explanation.about {
            Explained::Rule(_) => None,
            Explained::Finding(fingerprint) => Some(fingerprint.to_string()),
        };
        let query = sqlx::query(
            "INSERT INTO explanations (return_id, code, finding, text, author, at, carried_from, named) \
             VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
        );
        query
            .bind(id.to_string())
            .bind(&explanation.code)
            .bind(finding)
            .bind(&explanation.text)
            .bind(explanation.by.to_string())
            .bind(time(explanation.at))
            .bind(explanation.carried_from.map(|from| from.id.to_string()))
            .execute(work.on()?)
            .await?;
    }
    Ok(())
}

/// Names the findings of rows that an earlier program wrote.
pub(super) async fn name_findings(
    mut work: Work,
    name: &(dyn for<'d> Fn(&'d Digest) -> Digest + Send + Sync),
) -> Result<u64, StoreError> {
    let rows = "SELECT DISTINCT finding FROM explanations WHERE named = 0 AND finding IS NOT NULL";
    let rows = sqlx::query(rows).fetch_all(work.on()?).await?;
    let mut named = 0;
    for row in &rows {
        let digest: Digest = parsed(row, "finding")?;
        let query = sqlx::query("UPDATE explanations SET finding = ?, named = 1 WHERE named = 0 AND finding = ?");
        let query = query.bind(name(&digest).to_string()).bind(digest.to_string());
        named += query.execute(work.on()?).await?.rows_affected();
    }
    work.commit().await?;
    Ok(named)
}

pub(super) async fn in_force(readers: &SqlitePool, id: ReturnId) -> Result<Vec<Explanation>, StoreError> {
    let query = sqlx::query(
        "SELECT one.*, earlier.version AS carried_version FROM explanations one \
         LEFT JOIN returns earlier ON earlier.id = one.carried_from \
         WHERE one.sequence IN (SELECT max(sequence) FROM explanations WHERE return_id = ? GROUP BY code, finding) \
         ORDER BY one.code, one.finding",
    );
    every(query.bind(id.to_string()), readers, read).await
}

pub(super) async fn across(
    readers: &SqlitePool,
    filter: &ExplanationFilter,
    page: Page,
) -> Result<Vec<ExplanationOfReturn>, StoreError> {
    let mut query = QueryBuilder::<Sqlite>::new(
        "SELECT one.*, earlier.version AS carried_version, explained.authority, explained.version, explained.state \
         FROM returns explained JOIN explanations one ON one.return_id = explained.id \
         LEFT JOIN returns earlier ON earlier.id = one.carried_from \
         WHERE explained.state IN ('checked', 'signed', 'accepted') \
         AND NOT EXISTS (SELECT 1 FROM explanations later WHERE later.return_id = one.return_id \
         AND later.sequence > one.sequence AND later.code = one.code AND later.finding IS one.finding) \
         AND explained.collection = ",
    );
    query.push_bind(&filter.collection);
    // What is not named stands in no condition, so that an index answers what is.
    for (condition, value) in [(" AND explained.authority = ", &filter.authority), (" AND one.code = ", &filter.code)] {
        if let Some(value) = value {
            query.push(condition).push_bind(value);
        }
    }
    query.push(" ORDER BY explained.authority, explained.version, one.code, one.finding");
    every(paged(&mut query, page).build(), readers, read_with_return).await
}

fn version(row: &SqliteRow, column: &str) -> Result<u32, StoreError> {
    let wrong = |_| StoreError::damaged("a row of the ledger", format!("its column {column} cannot be read"));
    u32::try_from(count(row, column)?).map_err(wrong)
}

fn read(row: &SqliteRow) -> Result<Explanation, StoreError> {
    let code = text(row, "code")?;
    let about = match optional_parsed(row, "finding")? {
        Some(fingerprint) => Explained::Finding(fingerprint),
        None => Explained::Rule(code.clone()),
    };
    let carried_from = match optional_parsed(row, "carried_from")? {
        Some(id) => Some(VersionId { id, version: version(row, "carried_version")? }),
        None => None,
    };
    let (by, at) = (parsed(row, "author")?, required_time(row, "at")?);
    Ok(Explanation { about, code, text: text(row, "text")?, by, at, carried_from })
}

fn read_with_return(row: &SqliteRow) -> Result<ExplanationOfReturn, StoreError> {
    Ok(ExplanationOfReturn {
        authority: text(row, "authority")?,
        version: VersionId { id: parsed(row, "return_id")?, version: version(row, "version")? },
        state: named(row, "state", ReturnState::from_name)?,
        explanation: read(row)?,
    })
}
