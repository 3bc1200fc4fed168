//! A release on its way: a second person approves it, it is published at once or at its time, or it is discarded.

use super::Service;
use super::authorise::Account;
use super::error::FlowError;
use crate::domain::identifier::ReleaseId;
use crate::domain::release::{ReleaseMove, ReleaseState};
use crate::store::{Folder, ReleaseAction, ReleaseRecord, ReleaseStep};
use chrono::{DateTime, Utc};
use std::future::Future;
use std::time::Duration;

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
        let discarded = self.move_release(id, ReleaseAction::Discard { reason }, Some(account)).await?;
        // Should this be interrupted, the next start removes what is left: nothing speaks of the files any more.
        let failed = FlowError::store("delete the files of a release");
        for name in self.archive().list(Folder::Release(id)).await.map_err(&failed)? {
            self.archive().delete(&name).await.map_err(&failed)?;
        }
        Ok(discarded)
    }

    /// Publishes every release whose time has come, each once however many processes ask, and says which.
    pub async fn publish_due(&self) -> Result<Vec<ReleaseRecord>, FlowError> {
        let now = self.now();
        let releases = self.ledger().releases().await.map_err(FlowError::store("look for releases to publish"))?;
        let is_due = |release: &&ReleaseRecord| {
            release.state == ReleaseState::Scheduled && release.publish_at.is_some_and(|at| at <= now)
        };
        let mut published = Vec::new();
        for release in releases.iter().filter(is_due) {
            if let Err(error) = self.must_have_inputs(release).await {
                tracing::error!(release = %release.id, %error, "a release that is due cannot be published any more");
                continue;
            }
            match self.move_release(release.id, ReleaseAction::Publish, None).await {
                Ok(record) => published.push(record),
                // Another process was quicker, or a person published or discarded it at this moment.
                Err(FlowError::ReleaseWrongState { wanted: ReleaseMove::Publish, .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(published)
    }

    /// Publishes what is due, again and again, until `stop` is ready. What fails is logged and tried again.
    pub async fn keep_publishing(&self, every: Duration, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            match self.publish_due().await {
                Ok(published) => {
                    for release in published {
                        tracing::info!(release = %release.id, collection = release.collection, "published at its time");
                    }
                }
                Err(error) => {
                    tracing::error!(%error, cause = error.cause(), "a release that is due could not be published");
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
        if moved.state == ReleaseState::Published {
            self.data_sets().published();
        }
        tracing::info!(release = %id, state = %moved.state, "a release moved on");
        Ok(moved)
    }
}
