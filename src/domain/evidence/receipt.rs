//! The receipt of a decision: what an authority can prove with it, and nothing about a child.

use super::chain::ChainedEvent;
use super::envelope::Evidence;
use crate::domain::digest::Digest;
use crate::domain::identifier::ReturnId;
use crate::domain::report::Outcome;
use crate::domain::state::ReturnState;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a receipt says. `schemas/receipt.schema.json` describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptBody {
    #[serde(rename = "return")]
    pub id: ReturnId,
    /// The three-digit code.
    pub authority: String,
    /// The collection it answers; none of a rejected upload.
    pub collection: Option<String>,
    /// The version of the authority's return; none of a rejected upload.
    pub version: Option<u32>,
    /// The state that the return took.
    pub decision: ReturnState,
    /// What the check made of it.
    pub outcome: Outcome,
    /// When it was decided.
    pub at: DateTime<Utc>,
    /// When its bytes were durable.
    pub received: DateTime<Utc>,
    pub file: ReceivedFile,
    /// Rows by table; empty of a rejected upload, of which nothing is told but the rules that rejected it.
    pub rows: BTreeMap<String, u64>,
    /// Findings by severity; none of a rejected upload.
    pub findings: Option<FindingCounts>,
    /// The rules that rejected it; empty of any other.
    pub rejected_by: Vec<String>,
    /// The version of the specification; none of a rejected upload.
    pub specification_version: Option<String>,
    /// SHA-256 of the specification that it was checked with.
    pub specification_digest: Digest,
    /// The program that decided.
    pub program: String,
    /// Its place in the service's history, which is chained: a history without it is not the one that was.
    pub event: DecisionEvent,
}

impl Evidence for ReceiptBody {
    const TYPE: &'static str = "application/vnd.homeward.receipt+json";
    const NAME: &'static str = "receipt";
}

/// The file as it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedFile {
    pub sha256: Digest,
    pub bytes: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingCounts {
    pub error: u64,
    pub query: u64,
    pub info: u64,
}

/// The event of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionEvent {
    pub sequence: u64,
    pub digest: Digest,
}

impl From<&ChainedEvent> for DecisionEvent {
    fn from(event: &ChainedEvent) -> Self {
        Self { sequence: event.sequence, digest: event.digest() }
    }
}
