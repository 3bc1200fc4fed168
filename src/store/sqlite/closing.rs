//! The accounts of an organisation are closed: keys, sessions, people and addresses, at once.

use super::transaction::Work;
use super::{keys, people, reminders};
use crate::domain::identifier::KeyId;
use crate::domain::organisation::Organisation;
use crate::store::deletion::ClosedAccounts;
use crate::store::error::StoreError;
use chrono::{DateTime, Utc};

pub(super) async fn close(
    mut work: Work,
    organisation: &Organisation,
    at: DateTime<Utc>,
    by: Option<KeyId>,
) -> Result<ClosedAccounts, StoreError> {
    let closed = ClosedAccounts {
        keys: keys::end_all_of_organisation(&mut work, organisation, at, by).await?,
        people: people::disable_all_of(&mut work, organisation, at, by).await?,
        contacts: reminders::forget_organisation(&mut work, organisation, at, by).await?,
    };
    work.commit().await?;
    Ok(closed)
}
