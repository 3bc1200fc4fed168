//! What stands in the way of a release that is not published, for good: nothing makes it publishable again, so that it is
//! told before its time and the release is discarded at it.
//!
//! Its files were built, attacked and approved, and are published as they are: an input whose time was over meanwhile is not
//! needed for that. One that was removed on request is another matter, because whoever removed it may have done so for being
//! wrong; figures that rest on it must not come out anew.

use super::Service;
use super::error::FlowError;
use super::release::for_readers;
use crate::domain::release::ReleaseState;
use crate::store::ReleaseRecord;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// What was said to the log and need not be said again for a day.
#[derive(Debug, Default)]
pub(super) struct Said(BTreeMap<String, DateTime<Utc>>);

impl Said {
    /// Whether this was not said within a day; from now on it was.
    pub(super) fn is_news(&mut self, what: &str, now: DateTime<Utc>) -> bool {
        self.0.retain(|_, said| now - *said < TimeDelta::days(1));
        let known = self.0.contains_key(what);
        if !known {
            self.0.insert(what.to_owned(), now);
        }
        !known
    }
}

impl Service {
    /// Why a release can be published no more, as part of a sentence; none where it can, or is published or discarded.
    pub async fn release_obstacle(&self, release: &ReleaseRecord) -> Result<Option<String>, FlowError> {
        if matches!(release.state, ReleaseState::Published | ReleaseState::Discarded) {
            return Ok(None);
        }
        if let Some(latest) = self.published_releases(&release.family).await?.last()
            && release.follows != Some(latest.id)
        {
            return Ok(Some(format!("the release {} was published since it was built", latest.id)));
        }
        Ok(self.removed_input(release).await?.map(|gone| gone.to_string()))
    }

    /// Refuses to go on with a release that rests on what was removed on request.
    pub(super) async fn must_have_inputs(&self, release: &ReleaseRecord) -> Result<(), FlowError> {
        match self.removed_input(release).await? {
            None => Ok(()),
            Some(gone) => Err(FlowError::ReleaseRefused(format!("{gone}; discard the release and build another"))),
        }
    }

    /// Every release with what stands in its way, oldest first. For who runs the service: it takes no account, and gives out
    /// no figure.
    pub async fn releases_with_obstacles(&self) -> Result<Vec<(ReleaseRecord, Option<String>)>, FlowError> {
        let releases = self.ledger().releases().await.map_err(FlowError::store("list the releases"))?;
        let mut told = Vec::with_capacity(releases.len());
        for release in releases {
            let obstacle = self.release_obstacle(&release).await?;
            told.push((for_readers(release), obstacle));
        }
        Ok(told)
    }

    /// Counts and logs what is scheduled and can be published no more, before its time and for a day after it.
    pub(super) async fn look_ahead(&self, said: &mut Said) -> Result<(), FlowError> {
        let now = self.now();
        let mut counts: BTreeMap<String, i64> =
            self.specification().collections.iter().map(|collection| (collection.id.clone(), 0)).collect();
        let releases = self.ledger().releases().await.map_err(FlowError::store("look at the scheduled releases"))?;
        for release in releases {
            let is_fresh = release.discarded.is_some_and(|discarded| now - discarded < TimeDelta::days(1));
            let was_due = release.publish_at.is_some() && release.discarded_by.is_none();
            let obstacle = match release.state {
                ReleaseState::Scheduled => self.release_obstacle(&release).await?,
                _ => None,
            };
            if obstacle.is_some() || (is_fresh && was_due) {
                *counts.entry(release.collection.clone()).or_default() += 1;
            }
            let Some(reason) = obstacle else { continue };
            if said.is_news(&format!("{} {reason}", release.id), now) {
                let (id, collection) = (release.id, &release.collection);
                tracing::error!(release = %id, collection, reason, "a scheduled release can be published no more");
            }
        }
        for (collection, count) in counts {
            self.metrics().releases_unpublishable.with_label_values(&[collection]).set(count);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_said_once_a_day() {
        let (mut said, begin) = (Said::default(), DateTime::<Utc>::UNIX_EPOCH);
        let hours = [0, 1, 23, 24, 25, 49].map(|hours| said.is_news("one", begin + TimeDelta::hours(hours)));
        assert_eq!(hours, [true, false, false, true, false, true]);
        assert!(said.is_news("another", begin + TimeDelta::hours(49)));
    }
}
