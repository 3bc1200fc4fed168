//! Moves along the state table, each on the condition that the return is where the mover saw it.

use super::history::{self, Change};
use super::returns::{read, within};
use super::rows::time;
use super::transaction::Work;
use super::{collecting, deletions, reminders};
use crate::domain::identifier::ReturnId;
use crate::domain::state::ReturnMove;
use crate::store::error::StoreError;
use crate::store::records::{EventSubject, Move, Moved, ReturnRecord};

/// The transaction's name.
pub(super) const fn name(step: ReturnMove) -> &'static str {
    match step {
        ReturnMove::Sign => "sign return",
        ReturnMove::Accept => "accept return",
        ReturnMove::Withdraw => "withdraw return",
        ReturnMove::SendBack => "send return back",
        // The rest are not made by people; `advance` refuses them.
        ReturnMove::Receive | ReturnMove::Reject | ReturnMove::Check | ReturnMove::Supersede => "move return",
    }
}

pub(super) async fn advance(mut work: Work, step: &Move) -> Result<Moved, StoreError> {
    let no_such_move = StoreError::NoSuchMove { from: step.from, step: step.by_move };
    let to = step.from.after(step.by_move).filter(|_| step.by_move.is_made_by_people()).ok_or(no_such_move)?;
    let record = within(work.on()?, step.id).await?;
    if record.state != step.from {
        return Err(StoreError::Moved { id: step.id, expected: step.from, found: record.state });
    }
    if matches!(step.by_move, ReturnMove::Sign | ReturnMove::Accept) {
        must_have_content(&mut work, step).await?;
    }
    if step.by_move == ReturnMove::Sign {
        collecting::must_take(&mut work, &record, step.at).await?;
        if let Some(in_force) = in_force(&mut work, &record).await? {
            must_be_later(&record, &in_force)?;
        }
    }
    let superseded = match step.by_move {
        ReturnMove::Accept => supersede(&mut work, &record, step).await?,
        _ => None,
    };
    write(&mut work, step).await?;
    let change =
        Change { from: Some(step.from.name()), to: Some(to.name()), by: Some(step.by), note: step.note.as_deref() };
    history::add(&mut work, EventSubject::Return(step.id), step.at, change).await?;
    reminders::insert(&mut work, &step.reminders, step.at).await?;
    let now = within(work.on()?, step.id).await?;
    work.commit().await?;
    Ok(Moved { now, superseded })
}

/// What is being deleted can be ended, and never count.
async fn must_have_content(work: &mut Work, step: &Move) -> Result<(), StoreError> {
    match deletions::of_content(work, step.id).await? {
        None => Ok(()),
        Some(deletion) => {
            Err(StoreError::ContentDeleted { certificate: deletion.certificate, why: deletion.cause.told() })
        }
    }
}

async fn write(work: &mut Work, step: &Move) -> Result<(), StoreError> {
    let query = match step.by_move {
        ReturnMove::Sign => sqlx::query(
            "UPDATE returns SET state = ?1, note = ?2, updated_by = ?3, signed = ?4, signed_by = ?5 WHERE id = ?6",
        ),
        ReturnMove::Accept => sqlx::query(
            "UPDATE returns SET state = ?1, note = ?2, updated_by = ?3, accepted = ?4, accepted_by = ?5 WHERE id = ?6",
        ),
        _ => sqlx::query(
            "UPDATE returns SET state = ?1, note = ?2, updated_by = ?3, ended = ?4, ended_by = ?5 WHERE id = ?6",
        ),
    };
    query
        .bind(step.by_move.to().name())
        .bind(&step.note)
        .bind(work.name())
        .bind(time(step.at))
        .bind(step.by.to_string())
        .bind(step.id.to_string())
        .execute(work.on()?)
        .await?;
    Ok(())
}

/// The version of the same return that counts.
async fn in_force(work: &mut Work, of: &ReturnRecord) -> Result<Option<ReturnRecord>, StoreError> {
    let query = sqlx::query("SELECT * FROM returns WHERE collection = ? AND authority = ? AND state = 'accepted'");
    let row = query.bind(&of.collection).bind(&of.authority).fetch_optional(work.on()?).await?;
    row.as_ref().map(read).transpose()
}

/// What cannot be accepted any more is not signed either.
fn must_be_later(next: &ReturnRecord, in_force: &ReturnRecord) -> Result<(), StoreError> {
    if in_force.version > next.version {
        return Err(StoreError::LaterVersionInForce { in_force: in_force.version.unwrap_or_default() });
    }
    Ok(())
}

/// Ends the version in force, so that the accepted one can take its place.
async fn supersede(work: &mut Work, next: &ReturnRecord, step: &Move) -> Result<Option<ReturnId>, StoreError> {
    let Some(in_force) = in_force(work, next).await? else { return Ok(None) };
    must_be_later(next, &in_force)?;
    let state = ReturnMove::Supersede.to();
    let query = sqlx::query("UPDATE returns SET state = ?, ended = ?, ended_by = ?, updated_by = ? WHERE id = ?");
    let query = query
        .bind(state.name())
        .bind(time(step.at))
        .bind(step.by.to_string())
        .bind(work.name())
        .bind(in_force.id.to_string());
    query.execute(work.on()?).await?;
    let change =
        Change { from: Some(in_force.state.name()), to: Some(state.name()), by: Some(step.by), ..Change::default() };
    history::add(work, EventSubject::Return(in_force.id), step.at, change).await?;
    Ok(Some(in_force.id))
}
