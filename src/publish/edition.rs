//! What a release calls itself: provisional or final, its period, and why it revises the one before.

use crate::domain::release::ReleaseKind;
use crate::spec::Collection;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    pub kind: ReleaseKind,
    /// The period, as people read it.
    pub label: String,
    /// Why the published release of the same collection is revised; none for a first release.
    pub reason: Option<String>,
}

impl Edition {
    /// The first, provisional release of a collection.
    pub fn first(collection: &Collection) -> Self {
        Self { kind: ReleaseKind::Provisional, label: Self::period(collection), reason: None }
    }

    /// The period of a collection as people read it: `April 2025 to March 2026`.
    pub fn period(collection: &Collection) -> String {
        format!("{} to {}", collection.period.start.format("%B %Y"), collection.period.end.format("%B %Y"))
    }
}
