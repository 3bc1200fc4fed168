//! Explanations: added, never edited; the latest of the same thing is in force.

use super::returns::within;
use super::rows::{every, optional_parsed, parsed, required_time, text, time};
use super::transaction::Work;
use crate::domain::identifier::ReturnId;
use crate::domain::state::ReturnState;
use crate::store::error::StoreError;
use crate::store::records::{Explained, Explanation};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteRow;

pub(super) async fn add(mut work: Work, id: ReturnId, explanations: &[Explanation]) -> Result<(), StoreError> {
    let record = within(work.on()?, id).await?;
    if record.state != ReturnState::Checked {
        return Err(StoreError::Moved { id, expected: ReturnState::Checked, found: record.state });
    }
    for explanation in explanations {
        let finding = match &explanation.about {
            Explained::Rule(_) => None,
            Explained::Finding(fingerprint) => Some(fingerprint.to_string()),
        };
        let query = sqlx::query(
            "INSERT INTO explanations (return_id, code, finding, text, author, at) VALUES (?, ?, ?, ?, ?, ?)",
        );
        query
            .bind(id.to_string())
            .bind(&explanation.code)
            .bind(finding)
            .bind(&explanation.text)
            .bind(explanation.by.to_string())
            .bind(time(explanation.at))
            .execute(work.on()?)
            .await?;
    }
    work.commit().await
}

pub(super) async fn in_force(readers: &SqlitePool, id: ReturnId) -> Result<Vec<Explanation>, StoreError> {
    let query = sqlx::query(
        "SELECT * FROM explanations WHERE sequence IN \
         (SELECT max(sequence) FROM explanations WHERE return_id = ? GROUP BY code, finding) \
         ORDER BY code, finding",
    );
    every(query.bind(id.to_string()), readers, read).await
}

fn read(row: &SqliteRow) -> Result<Explanation, StoreError> {
    let code = text(row, "code")?;
    let about = match optional_parsed(row, "finding")? {
        Some(fingerprint) => Explained::Finding(fingerprint),
        None => Explained::Rule(code.clone()),
    };
    Ok(Explanation { about, code, text: text(row, "text")?, by: parsed(row, "author")?, at: required_time(row, "at")? })
}
