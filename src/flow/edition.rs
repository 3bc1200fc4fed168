//! What a release is to be, before it is built: of which collection, provisional or final, and why it revises another.

use super::Service;
use super::error::FlowError;
use crate::domain::identifier::ReleaseId;
use crate::domain::release::ReleaseKind;
use crate::publish::Edition;
use crate::spec::Collection;
use crate::store::ReleaseRecord;

/// The longest reason that is taken, in characters.
const LONGEST_REASON: usize = 2000;
/// The longest label that is taken, in characters.
const LONGEST_LABEL: usize = 120;

/// A release that somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRelease {
    pub collection: String,
    pub kind: ReleaseKind,
    /// Its period as people read it; made from the collection's when absent.
    pub label: Option<String>,
    /// Why the published release of the same collection is revised; needed where there is one.
    pub reason: Option<String>,
}

impl NewRelease {
    /// The first, provisional release of a collection.
    pub fn of(collection: &str) -> Self {
        Self { collection: collection.to_owned(), kind: ReleaseKind::Provisional, label: None, reason: None }
    }
}

/// The same, decided against what is published.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub(super) edition: Edition,
    pub(super) revises: Option<ReleaseId>,
    /// Everything that is published of the series, in the order of publication.
    pub(super) series: Vec<ReleaseRecord>,
}

impl Service {
    /// What a release that is asked for takes the place of. It is refused where it is a revision without a reason.
    pub(super) async fn plan_release(&self, collection: &Collection, new: NewRelease) -> Result<Planned, FlowError> {
        let series = self.published_releases(&self.specification().id).await?;
        let revised = series.iter().rev().find(|release| release.collection == collection.id);
        let reason = match (new.reason.filter(|text| !text.trim().is_empty()), revised) {
            (None, None) => None,
            (Some(reason), Some(_)) => Some(self.written("reason", &reason)?),
            (None, Some(revised)) => {
                let problem = format!(
                    "the release {} of {} is published, so this one revises it: give the reason, which everybody reads",
                    revised.id, collection.id
                );
                return Err(FlowError::RequestInvalid(problem));
            }
            (Some(_), None) => {
                let problem =
                    format!("no release of {} is published, so there is nothing to give a reason for", collection.id);
                return Err(FlowError::RequestInvalid(problem));
            }
        };
        let label = new.label.filter(|text| !text.trim().is_empty()).unwrap_or_else(|| Edition::period(collection));
        let label = self.written("label", &label)?;
        if label.chars().count() > LONGEST_LABEL || label.chars().any(char::is_control) {
            let problem = format!("the label has at most {LONGEST_LABEL} characters, on one line");
            return Err(FlowError::RequestInvalid(problem));
        }
        if new.kind == ReleaseKind::Provisional && revised.is_some_and(|release| release.kind == ReleaseKind::Final) {
            let problem = "the release that this one revises is final, and a provisional one cannot take its place";
            return Err(FlowError::RequestInvalid(problem.to_owned()));
        }
        let revises = revised.map(|release| release.id);
        Ok(Planned { edition: Edition { kind: new.kind, label, reason }, revises, series })
    }

    /// A text of a request that others will read: with something in it, not too long, and with no direct identifier.
    pub(super) fn written(&self, field: &str, text: &str) -> Result<String, FlowError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(FlowError::RequestInvalid(format!("the {field} is empty; others will read it")));
        }
        if text.chars().count() > LONGEST_REASON {
            return Err(FlowError::RequestInvalid(format!("the {field} has at most {LONGEST_REASON} characters")));
        }
        self.must_not_identify([(format!("$.{field}"), text)])?;
        Ok(text.to_owned())
    }
}
