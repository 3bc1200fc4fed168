//! What the API says of returns, explanations and coverage: the JSON that clients depend on.

use super::collection_moves::ClosedView;
use super::document::{ReceiptDocument, ReportDocument};
use crate::domain::report::Outcome;
use crate::domain::state::ReturnState;
use crate::flow::{AuthorityCoverage, Carried, Coverage, Deadline, RegionCoverage, Standing};
use crate::store::{Event, Explained, Explanation, ExplanationOfReturn, Receipt, ReturnRecord, VersionId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One version of an authority's return.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReturnView {
    pub id: String,
    /// The authority's three-digit code.
    pub authority: String,
    pub collection: Option<String>,
    /// Counted from 1 for each authority and collection; none while it is not checked, and of a rejected upload.
    pub version: Option<u32>,
    pub state: String,
    /// The states that may follow.
    pub next: Vec<String>,
    pub outcome: Option<String>,
    /// SHA-256 of the uploaded bytes.
    pub digest: String,
    pub bytes: u64,
    /// Findings by rule, exact.
    pub counts: BTreeMap<String, u64>,
    /// Rows by table.
    pub rows: BTreeMap<String, u64>,
    /// SHA-256 of the specification it was checked with.
    pub specification: Option<String>,
    /// Times are of RFC 3339, in UTC.
    pub received: String,
    pub decided: Option<String>,
    pub signed: Option<String>,
    pub accepted: Option<String>,
    pub ended: Option<String>,
    pub note: Option<String>,
    /// The last day on which it is on time, for what is checked, signed or accepted; told when one return is sent or read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<String>,
    /// Whether the authority's first version that was kept came after the deadline; told with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late: Option<bool>,
    /// Of a rejected upload: all that is kept of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptView>,
}

/// What is kept of a rejected upload.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptView {
    pub id: String,
    pub authority: String,
    pub received: String,
    pub digest: String,
    pub bytes: u64,
    /// The rules that rejected it.
    pub codes: Vec<String>,
}

pub(super) fn time(at: chrono::DateTime<chrono::Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

impl From<Receipt> for ReceiptView {
    fn from(receipt: Receipt) -> Self {
        Self {
            id: receipt.id.to_string(),
            authority: receipt.authority,
            received: time(receipt.received),
            digest: receipt.digest.to_string(),
            bytes: receipt.bytes,
            codes: receipt.codes,
        }
    }
}

impl ReturnView {
    pub fn new(record: ReturnRecord, receipt: Option<Receipt>) -> Self {
        let verdict = record.verdict;
        let counts = verdict.as_ref().map(|verdict| verdict.counts.clone()).unwrap_or_default();
        Self {
            id: record.id.to_string(),
            authority: record.authority,
            collection: record.collection,
            version: record.version,
            state: record.state.to_string(),
            next: record.state.next().map(|state| state.to_string()).collect(),
            outcome: match record.state {
                ReturnState::Rejected => Some(Outcome::Rejected.to_string()),
                _ => verdict.as_ref().map(|verdict| verdict.outcome.to_string()),
            },
            digest: record.digest.to_string(),
            bytes: record.bytes,
            counts: counts.by_code,
            rows: counts.rows,
            specification: verdict.as_ref().map(|verdict| verdict.specification.digest.to_string()),
            received: time(record.received),
            decided: verdict.map(|verdict| time(verdict.decided)),
            signed: record.signed.map(time),
            accepted: record.accepted.map(time),
            ended: record.ended.map(time),
            note: record.note,
            deadline: None,
            late: None,
            receipt: receipt.map(Into::into),
        }
    }

    /// The same with its deadline.
    #[must_use]
    pub fn due(self, due: Option<Deadline>) -> Self {
        Self { deadline: due.map(|due| due.day.to_string()), late: due.map(|due| due.late), ..self }
    }
}

/// A part of a list, with what is needed to ask for the next.
#[derive(Debug, Serialize, ToSchema)]
pub struct Paging {
    pub page: u64,
    pub page_size: u64,
    /// How many there are in all; none where counting them would cost a second reading.
    pub total: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReturnList {
    pub paging: Paging,
    pub returns: Vec<ReturnView>,
}

/// What became of an upload.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubmittedView {
    #[serde(rename = "return")]
    pub returned: ReturnView,
    /// None where the same bytes were sent before and are not decided yet.
    #[schema(value_type = Option<ReportDocument>)]
    pub report: Option<Value>,
    pub explanations: Option<CarriedView>,
    /// Where its collection is closed, so that it cannot be signed.
    pub closed: Option<ClosedView>,
    /// The signed receipt of the decision; none while it is not decided.
    #[schema(value_type = Option<ReceiptDocument>)]
    pub signed_receipt: Option<Value>,
}

/// A part of a return's findings.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingsPage {
    pub paging: Paging,
    /// How many there are in the whole report, by rule.
    pub counts: BTreeMap<String, u64>,
    pub findings: Vec<ListedFindingView>,
}

/// A finding with what it is explained by; its other members are those of a finding in the report.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedFindingView {
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub finding: Value,
    /// Names the finding in explanations.
    pub fingerprint: String,
    pub explanation: Option<String>,
}

/// A reason given for a query.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplanationView {
    pub code: String,
    /// The finding that is explained, as its authority and the collection team know it; none where all findings of the rule
    /// are, and for analysts.
    pub fingerprint: Option<String>,
    pub text: String,
    /// The key of whoever wrote it.
    pub by: String,
    /// When it was first written.
    pub at: String,
    /// The version for which it was written, where it was carried over from an earlier one.
    pub carried_from: Option<VersionView>,
}

/// A version of a return.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionView {
    pub id: String,
    pub version: u32,
}

impl From<VersionId> for VersionView {
    fn from(version: VersionId) -> Self {
        Self { id: version.id.to_string(), version: version.version }
    }
}

/// A reason, and the version of a return for which it is given.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplanationOfReturnView {
    /// The authority's three-digit code.
    pub authority: String,
    #[serde(rename = "return")]
    pub explained: VersionView,
    /// `checked`, `signed` or `accepted`.
    pub state: String,
    #[serde(flatten)]
    pub explanation: ExplanationView,
}

impl From<ExplanationOfReturn> for ExplanationOfReturnView {
    fn from(listed: ExplanationOfReturn) -> Self {
        Self {
            authority: listed.authority,
            explained: listed.version.into(),
            state: listed.state.to_string(),
            explanation: listed.explanation.into(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExplanationList {
    pub paging: Paging,
    pub explanations: Vec<ExplanationOfReturnView>,
}

/// What became of the explanations of the version before.
#[derive(Debug, Serialize, ToSchema)]
pub struct CarriedView {
    /// The version before.
    pub from: VersionView,
    /// How many explanations hold for this version too.
    pub carried_over: u64,
    pub dropped: Vec<DroppedView>,
}

/// Explanations of a rule that do not hold any more.
#[derive(Debug, Serialize, ToSchema)]
pub struct DroppedView {
    pub code: String,
    /// How many explanations; where a whole rule's reason was narrowed, how many findings need one of their own.
    pub count: u64,
    pub because: String,
}

impl From<Carried> for CarriedView {
    fn from(carried: Carried) -> Self {
        let dropped = carried.dropped.into_iter();
        Self {
            from: carried.from.into(),
            carried_over: carried.carried,
            dropped: dropped
                .map(|one| DroppedView { code: one.code, count: one.count, because: one.why.told().to_owned() })
                .collect(),
        }
    }
}

impl ExplanationView {
    /// Leaves out which finding it is for, where that is not for the reader.
    pub fn hide_finding_unless(&mut self, is_told: bool) {
        if !is_told {
            self.fingerprint = None;
        }
    }
}

impl From<Explanation> for ExplanationView {
    fn from(explanation: Explanation) -> Self {
        Self {
            code: explanation.code,
            fingerprint: match explanation.about {
                Explained::Finding(fingerprint) => Some(fingerprint.to_string()),
                Explained::Rule(_) => None,
            },
            text: explanation.text,
            by: explanation.by.to_string(),
            at: time(explanation.at),
            carried_from: explanation.carried_from.map(Into::into),
        }
    }
}

/// One line of a return's history.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    pub sequence: u64,
    pub at: String,
    /// The name of the transaction.
    pub what: String,
    pub from: Option<String>,
    pub to: Option<String>,
    pub by: Option<String>,
    pub note: Option<String>,
}

impl From<Event> for EventView {
    fn from(event: Event) -> Self {
        Self {
            sequence: event.sequence,
            at: time(event.at),
            what: event.what,
            from: event.from,
            to: event.to,
            by: event.by.map(|key| key.to_string()),
            note: event.note,
        }
    }
}

/// What goes with a move of a return.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteBody {
    /// Why; needed for sending back.
    #[serde(default)]
    pub note: Option<String>,
}

/// How many authorities have come how far.
#[derive(Debug, Serialize, ToSchema)]
pub struct CoverageCounts {
    pub code: String,
    pub name: String,
    pub expected: u64,
    pub received: u64,
    /// Whose first version came by the end of their own deadline's day, in Europe/London.
    pub on_time: u64,
    pub late: u64,
    pub signed: u64,
    pub accepted: u64,
    pub missing: u64,
}

impl From<RegionCoverage> for CoverageCounts {
    fn from(counts: RegionCoverage) -> Self {
        Self {
            code: counts.gss,
            name: counts.name,
            expected: counts.expected,
            received: counts.received,
            on_time: counts.on_time,
            late: counts.late,
            missing: counts.missing,
            signed: counts.signed,
            accepted: counts.accepted,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AuthorityStanding {
    pub code: String,
    pub gss_code: String,
    pub name: String,
    pub region: String,
    /// `missing`, `received`, `signed` or `accepted`.
    pub standing: String,
    /// The last day on which its return is on time.
    pub deadline: String,
    pub first_received: Option<String>,
    pub on_time: bool,
    pub late: bool,
    /// Nothing stands and the deadline has passed.
    pub overdue: bool,
    /// The version that counts.
    pub in_force: Option<u32>,
}

impl From<AuthorityCoverage> for AuthorityStanding {
    fn from(one: AuthorityCoverage) -> Self {
        let standing = match one.standing {
            Standing::Missing => "missing",
            Standing::Received => "received",
            Standing::Signed => "signed",
            Standing::Accepted => "accepted",
        };
        Self {
            code: one.authority.code,
            gss_code: one.authority.gss,
            name: one.authority.name,
            region: one.authority.region,
            standing: standing.to_owned(),
            first_received: one.first_received.map(time),
            deadline: one.deadline.to_string(),
            on_time: one.on_time,
            late: one.late,
            overdue: one.overdue,
            in_force: one.in_force.map(|(_, version)| version),
        }
    }
}

/// The coverage of a collection at a moment.
#[derive(Debug, Serialize, ToSchema)]
pub struct CoverageView {
    pub collection: String,
    /// The moment that is told.
    pub as_of: String,
    /// `planned`, `open` or `closed`.
    pub state: String,
    /// Everybody's deadline, extensions included.
    pub deadline: String,
    pub england: CoverageCounts,
    pub regions: Vec<CoverageCounts>,
    pub authorities: Vec<AuthorityStanding>,
    /// The names of those of whom nothing stands.
    pub missing: Vec<String>,
    /// Authorities that sent something and are not expected, because others took their place in the period.
    pub further: Vec<AuthorityStanding>,
}

impl From<Coverage> for CoverageView {
    fn from(coverage: Coverage) -> Self {
        let missing = coverage.authorities.iter().filter(|one| one.standing == Standing::Missing);
        Self {
            missing: missing.map(|one| one.authority.name.clone()).collect(),
            further: coverage.further.into_iter().map(Into::into).collect(),
            as_of: time(coverage.as_of),
            state: coverage.state.to_string(),
            collection: coverage.collection.id,
            deadline: coverage.deadline.to_string(),
            england: coverage.england.into(),
            regions: coverage.regions.into_iter().map(Into::into).collect(),
            authorities: coverage.authorities.into_iter().map(Into::into).collect(),
        }
    }
}
