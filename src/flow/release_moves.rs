//! A release on its way: a second person approves it, it is published at once or at its time, or it is discarded.

use super::Service;
use super::authorise::Account;
use super::error::FlowError;
use super::release::for_readers;
use super::release_obstacle::Said;
use crate::domain::identifier::ReleaseId;
use crate::domain::release::ReleaseState;
use crate::store::{Folder, ReleaseAction, ReleaseRecord, ReleaseStep};
use chrono::{DateTime, TimeDelta, Utc};
use std::future::Future;
use std::time::Duration;

/// How often the service looks whether what is scheduled can still be published.
const LOOK_AHEAD_EVERY: TimeDelta = TimeDelta::minutes(1);

impl Service {
    /// A second person stands by a draft: another person than the one who built it, or another key where none is known.
    pub async fn approve_release(&self, account: &Account, id: ReleaseId) -> Result<ReleaseRecord, FlowError> {
        account.may_collect()?;
        self.must_have_inputs(&self.release(Some(account), id).await?).await?;
        self.move_release(id, ReleaseAction::Approve, Some(account)).await
    }

    /// Publishes an approved release at once, or has the service publish it at a time. From its publication on nothing
    /// about it changes.
    pub async fn publish_release(
        &self,
        account: &Account,
        id: ReleaseId,
        at: Option<DateTime<Utc>>,
    ) -> Result<ReleaseRecord, FlowError> {
        account.may_collect()?;
        let action = match at {
            None => ReleaseAction::Publish,
            Some(publish_at) if publish_at > self.now() => ReleaseAction::Schedule { publish_at },
            Some(_) => {
                let problem = "the time to publish at has passed; give one to come, or none to publish at once";
                return Err(FlowError::RequestInvalid(problem.to_owned()));
            }
        };
        self.must_have_inputs(&self.release(Some(account), id).await?).await?;
        self.move_release(id, action, Some(account)).await
    }

    /// Gives up a release that is not published: its files go, its line in the ledger stays with the reason.
    pub async fn discard_release(
        &self,
        account: &Account,
        id: ReleaseId,
        reason: &str,
    ) -> Result<ReleaseRecord, FlowError> {
        account.may_collect()?;
        let reason = self.written("reason", reason)?;
        self.discard(id, reason, Some(account)).await
    }

    async fn discard(
        &self,
        id: ReleaseId,
        reason: String,
        account: Option<&Account>,
    ) -> Result<ReleaseRecord, FlowError> {
        let discarded = self.move_release(id, ReleaseAction::Discard { reason }, account).await?;
        // Should this be interrupted, the next start removes what is left: nothing speaks of the files any more.
        let failed = FlowError::store("delete the files of a release");
        for name in self.archive().list(Folder::Release(id)).await.map_err(&failed)? {
            self.archive().delete(&name).await.map_err(&failed)?;
        }
        Ok(discarded)
    }

    /// Publishes every release whose time has come, each once however many processes ask, and says which. One that can be
    /// published no more is discarded with the reason; one that fails holds up no other.
    pub async fn publish_due(&self) -> Result<Vec<ReleaseRecord>, FlowError> {
        let now = self.now();
        let releases = self.ledger().releases().await.map_err(FlowError::store("look for releases to publish"))?;
        let is_due = |release: &&ReleaseRecord| {
            release.state == ReleaseState::Scheduled && release.publish_at.is_some_and(|at| at <= now)
        };
        let (mut published, mut failed) = (Vec::new(), None);
        for release in releases.iter().filter(is_due) {
            match self.publish_at_its_time(release).await {
                Ok(record) => published.extend(record),
                // Another process was quicker, or a person published or discarded it at this moment. Overtaken just now, it
                // is found to be so by the next look.
                Err(FlowError::ReleaseWrongState { .. } | FlowError::ReleaseOvertaken(_)) => {}
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(published), Err)
    }

    /// None where it was discarded.
    async fn publish_at_its_time(&self, release: &ReleaseRecord) -> Result<Option<ReleaseRecord>, FlowError> {
        let (id, collection) = (release.id, &release.collection);
        let Some(obstacle) = self.release_obstacle(release).await? else {
            let published = self.move_release(id, ReleaseAction::Publish, None).await?;
            tracing::info!(release = %id, collection, "published at its time");
            return Ok(Some(published));
        };
        let reason = format!("It could not be published at its time: {obstacle}.");
        self.discard(id, reason.clone(), None).await?;
        tracing::error!(release = %id, collection, reason, "a scheduled release was discarded at its time");
        Ok(None)
    }

    /// Publishes what is due, again and again, until `stop` is ready, and looks ahead at what will be. What fails is tried
    /// again, and logged once a day.
    pub async fn keep_publishing(&self, every: Duration, stop: impl Future<Output = ()>) {
        let (mut stop, mut said) = (std::pin::pin!(stop), Said::default());
        let mut looked: Option<DateTime<Utc>> = None;
        loop {
            let now = self.now();
            let is_time = looked.is_none_or(|looked| (now - looked).abs() >= LOOK_AHEAD_EVERY);
            let published = self.publish_due().await;
            let changed = published.as_ref().is_ok_and(|published| !published.is_empty());
            let mut failed: Vec<(&str, FlowError)> =
                published.err().map(|error| ("what is due to be published could not be", error)).into_iter().collect();
            if is_time || changed {
                looked = Some(now);
                let ahead = self.look_ahead(&mut said).await;
                failed.extend(
                    ahead.err().map(|error| ("nobody looked whether scheduled releases can be published", error)),
                );
            }
            for (what, error) in failed {
                if said.is_news(&format!("{what}: {error} {:?}", error.cause()), now) {
                    tracing::error!(%error, cause = error.cause(), "{what}");
                }
            }
            if tokio::time::timeout(every, &mut stop).await.is_ok() {
                return;
            }
        }
    }

    async fn move_release(
        &self,
        id: ReleaseId,
        action: ReleaseAction,
        account: Option<&Account>,
    ) -> Result<ReleaseRecord, FlowError> {
        let by = account.map(|account| account.key);
        let step = ReleaseStep { id, action, at: self.now(), by };
        let moved = self.ledger().advance_release(&step).await.map_err(FlowError::store("move the release on"))?;
        let moved = for_readers(moved);
        if moved.state == ReleaseState::Published {
            self.data_sets().published();
        }
        tracing::info!(release = %id, state = %moved.state, "a release moved on");
        Ok(moved)
    }
}
