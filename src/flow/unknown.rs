//! Objects of which the ledger does not speak: mostly what a crash left of an upload that nobody was told of, but after a ledger
//! was lost or put back from an older copy returns that were acknowledged. Nothing tells the two apart, so they stay where they
//! lie, and are whole again as soon as the right ledger is back. They go when somebody says so, or after as many days as
//! retention keeps them, each of which the ledger saw pass.

use super::Service;
use super::error::FlowError;
use crate::domain::local_time::local_day;
use crate::store::{ObjectName, UnknownObject};
use std::collections::{BTreeMap, BTreeSet};

impl Service {
    /// Notes what was found of the part of the archive that was looked at, and says how much of it is new.
    pub(super) async fn note_unknown(
        &self,
        found: BTreeSet<ObjectName>,
        was_looked_at: fn(&ObjectName) -> bool,
    ) -> Result<u64, FlowError> {
        let failed = FlowError::store("note what the ledger does not know");
        let noted = self.ledger().unknown_objects().await.map_err(&failed)?;
        let mut names = found;
        let nothing_changes = names.is_empty() && noted.is_empty();
        names.extend(noted.into_iter().map(|object| object.name).filter(|name| !was_looked_at(name)));
        let count = names.len();
        self.metrics().unknown_objects.set(i64::try_from(count).unwrap_or(i64::MAX));
        if nothing_changes {
            return Ok(0);
        }
        let now = self.now();
        let new = self.ledger().note_unknown(&names, local_day(now), now).await.map_err(&failed)?;
        let mut new_by_owner: BTreeMap<String, u64> = BTreeMap::new();
        for name in &new {
            *new_by_owner.entry(owner(name)).or_default() += 1;
        }
        for (of, objects) in new_by_owner {
            tracing::warn!(of, objects, "the archive holds what the ledger does not know; it is kept");
        }
        if count > 0 {
            tracing::warn!(
                objects = count,
                "the ledger does not know these objects: `homeward admin retention unknown` lists them"
            );
        }
        Ok(new.len() as u64)
    }

    /// What is noted so, by name.
    pub async fn unknown_objects(&self) -> Result<Vec<UnknownObject>, FlowError> {
        self.ledger().unknown_objects().await.map_err(FlowError::store("list what the ledger does not know"))
    }

    /// Deletes those that the ledger saw on more days than retention keeps them.
    pub(super) async fn delete_old_unknown(&self, days: u32) -> Result<u64, FlowError> {
        let mut old = self.unknown_objects().await?;
        old.retain(|object| object.days >= u64::from(days));
        self.give_up(&old, &format!("unknown_days = {days}")).await
    }

    /// Deletes all that are noted, because somebody who saw how many there are says so.
    pub async fn delete_unknown(&self, confirmed: u64, reason: &str) -> Result<u64, FlowError> {
        let noted = self.unknown_objects().await?;
        if noted.len() as u64 != confirmed {
            let problem = format!(
                "the ledger does not know {} objects, and {confirmed} are confirmed; look at them again",
                noted.len()
            );
            return Err(FlowError::RequestInvalid(problem));
        }
        self.give_up(&noted, reason).await
    }

    /// The history says first what goes; what is interrupted after it is noted anew.
    async fn give_up(&self, objects: &[UnknownObject], why: &str) -> Result<u64, FlowError> {
        let failed = FlowError::store("delete what the ledger does not know");
        let mut deleted = 0;
        for object in objects {
            if self.ledger().give_up_unknown(&object.name, why, self.now()).await.map_err(&failed)? {
                self.archive().delete(&object.name).await.map_err(&failed)?;
                tracing::warn!(name = %object.name, why, "an object that the ledger does not know was deleted");
                deleted += 1;
            }
        }
        let left = self.unknown_objects().await?.len();
        self.metrics().unknown_objects.set(i64::try_from(left).unwrap_or(i64::MAX));
        Ok(deleted)
    }
}

/// The return or release that an object is of.
fn owner(name: &ObjectName) -> String {
    match name {
        ObjectName::Original(id) | ObjectName::Report(id) | ObjectName::Table(id, _) => format!("return {id}"),
        ObjectName::ReleaseFile(id, _) => format!("release {id}"),
        ObjectName::KeyCheck(_) => name.to_string(),
    }
}
