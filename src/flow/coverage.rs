//! Who has sent what: expected, received, on time, late, signed, accepted, missing; by authority, region and for England, at
//! this moment or at any that has passed.

use super::Service;
use super::authorise::Account;
use super::collections::course_of;
use super::error::FlowError;
use crate::domain::authority::Authority;
use crate::domain::collecting::CollectionState;
use crate::domain::course::Course;
use crate::domain::identifier::ReturnId;
use crate::domain::local_time::end_of_day;
use crate::domain::state::ReturnState;
use crate::spec::{Collection, Specification};
use crate::store::{Ledger, ReturnFilter, VersionTimes};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;

/// How far an authority has come. The order is the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Nothing that could be kept was sent, or all of it was taken back, sent back or removed on request.
    Missing,
    Received,
    Signed,
    Accepted,
}

/// One authority of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityCoverage {
    pub authority: Authority,
    pub standing: Standing,
    /// Whether its return can be signed at the moment.
    pub open: bool,
    /// The last day on which its return is on time: its own, where its deadline was extended.
    pub deadline: NaiveDate,
    /// When its first version that was kept arrived.
    pub first_received: Option<DateTime<Utc>>,
    /// Whether a version stands, and the first was received by the end of its deadline's day.
    pub on_time: bool,
    /// Whether a version stands, and none was received by then.
    pub late: bool,
    /// Whether none stands and its deadline has passed.
    pub overdue: bool,
    /// The version that counts.
    pub in_force: Option<(ReturnId, u32)>,
    /// The latest version and its state, whether it counts or not.
    pub latest: Option<(ReturnId, u32, ReturnState)>,
    /// The version that is signed and waits for the collector, and since when; none that a later one in force has overtaken.
    pub unaccepted: Option<(ReturnId, DateTime<Utc>)>,
}

/// Numbers of authorities. Those of received, signed and accepted count who came so far or farther.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RegionCoverage {
    pub gss: String,
    pub name: String,
    pub expected: u64,
    pub received: u64,
    pub on_time: u64,
    pub late: u64,
    pub signed: u64,
    pub accepted: u64,
    pub missing: u64,
}

/// The coverage of one collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    pub collection: Collection,
    pub as_of: DateTime<Utc>,
    pub state: CollectionState,
    /// Everybody's deadline, extensions included.
    pub deadline: NaiveDate,
    pub england: RegionCoverage,
    /// In the order of their GSS codes.
    pub regions: Vec<RegionCoverage>,
    /// In the order of their three-digit codes.
    pub authorities: Vec<AuthorityCoverage>,
    /// Authorities that sent something and are not expected, because others took their place before the period ended.
    pub further: Vec<AuthorityCoverage>,
}

/// The GSS code of England.
const ENGLAND: &str = "E92000001";

impl RegionCoverage {
    fn add(&mut self, one: &AuthorityCoverage) {
        self.expected += 1;
        self.received += u64::from(one.standing >= Standing::Received);
        self.on_time += u64::from(one.on_time);
        self.late += u64::from(one.late);
        self.signed += u64::from(one.standing >= Standing::Signed);
        self.accepted += u64::from(one.standing >= Standing::Accepted);
        self.missing += u64::from(one.standing == Standing::Missing);
    }

    /// Every number with the name of its stage.
    pub const fn stages(&self) -> [(&'static str, u64); 7] {
        [
            ("expected", self.expected),
            ("received", self.received),
            ("on-time", self.on_time),
            ("late", self.late),
            ("signed", self.signed),
            ("accepted", self.accepted),
            ("missing", self.missing),
        ]
    }
}

/// The coverage of a collection at a moment, from the ledger. Expected are the authorities live at the end of its period.
pub async fn coverage_at(
    ledger: &dyn Ledger,
    specification: &Specification,
    collection: &Collection,
    as_of: DateTime<Utc>,
) -> Result<Coverage, FlowError> {
    let filter = ReturnFilter { collection: Some(collection.id.clone()), ..ReturnFilter::default() };
    let returns = ledger.version_times(&filter).await.map_err(FlowError::store("read the coverage"))?;
    let removals = ledger.removals().await.map_err(FlowError::store("read the coverage"))?;
    let (course, _) = course_of(ledger, collection).await?;
    let first = first_received(&returns, as_of);
    let mut by_authority: BTreeMap<&str, Vec<Version<'_>>> = BTreeMap::new();
    // Of what was removed on request nothing can be counted, so whoever sent it is missing until it sends again.
    let is_removed = |record: &VersionTimes| {
        removals.get(&record.id).is_some_and(|one| one.confirmed.is_none_or(|(_, at)| at <= as_of))
    };
    for record in returns.iter().filter(|record| !is_removed(record)) {
        if let Some(state) = state_at(record, as_of) {
            by_authority.entry(&record.authority).or_default().push(Version { record, state });
        }
    }
    let mut expected: Vec<&Authority> = specification.register.live_on(collection.period.end).collect();
    expected.sort_by(|one, other| one.code.cmp(&other.code));
    let mut covered = |authority: &Authority| {
        let versions = by_authority.remove(authority.code.as_str()).unwrap_or_default();
        cover(authority.clone(), &versions, first.get(authority.code.as_str()).copied(), &course, as_of)
    };
    let authorities: Vec<AuthorityCoverage> = expected.into_iter().map(&mut covered).collect();
    let others: Vec<String> = by_authority.keys().map(|code| (*code).to_owned()).collect();
    let others = others.iter().filter_map(|code| specification.register.live_in(code, collection.period));
    let further = others
        .map(|authority| {
            let versions = by_authority.get(authority.code.as_str()).map_or(&[][..], Vec::as_slice);
            cover(authority.clone(), versions, first.get(authority.code.as_str()).copied(), &course, as_of)
        })
        .collect();
    let mut regions: BTreeMap<String, RegionCoverage> = BTreeMap::new();
    let mut england =
        RegionCoverage { gss: ENGLAND.to_owned(), name: "England".to_owned(), ..RegionCoverage::default() };
    for one in &authorities {
        let (gss, name) = (one.authority.region_gss.clone(), one.authority.region.clone());
        let region = regions.entry(gss.clone());
        region.or_insert_with(|| RegionCoverage { gss, name, ..RegionCoverage::default() }).add(one);
        england.add(one);
    }
    Ok(Coverage {
        collection: collection.clone(),
        as_of,
        state: course.state(as_of),
        deadline: course.deadline_of(None, as_of),
        england,
        regions: regions.into_values().collect(),
        authorities,
        further,
    })
}

impl Service {
    /// The coverage of a collection at this moment.
    pub async fn coverage(&self, account: &Account, collection: &str) -> Result<Coverage, FlowError> {
        self.coverage_as_of(account, collection, None).await
    }

    /// The coverage of a collection as it was at a moment that has passed.
    pub async fn coverage_as_of(
        &self,
        account: &Account,
        collection: &str,
        as_of: Option<DateTime<Utc>>,
    ) -> Result<Coverage, FlowError> {
        account.may_see_coverage()?;
        let collection = self.specification().collection(collection).ok_or(FlowError::NotFound)?.clone();
        let at = self.past_or_now(as_of)?;
        let coverage = coverage_at(self.ledger(), self.specification(), &collection, at).await?;
        if as_of.is_none() {
            self.meter_coverage(&coverage);
        }
        Ok(coverage)
    }

    /// The coverage at this moment, for the service's own work; the metrics are brought up to it.
    pub(super) async fn coverage_now(&self, collection: &Collection) -> Result<Coverage, FlowError> {
        let coverage = coverage_at(self.ledger(), self.specification(), collection, self.now()).await?;
        self.meter_coverage(&coverage);
        Ok(coverage)
    }

    fn meter_coverage(&self, coverage: &Coverage) {
        for (stage, count) in coverage.england.stages() {
            let gauge = self.metrics().coverage_authorities.with_label_values(&[&coverage.collection.id, stage]);
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let ends = end_of_day(coverage.deadline).timestamp();
        let collection = [coverage.collection.id.as_str()];
        self.metrics().collection_deadline_timestamp_seconds.with_label_values(&collection).set(ends);
    }
}

/// A version and the state in which it was.
#[derive(Debug, Clone, Copy)]
struct Version<'a> {
    record: &'a VersionTimes,
    state: ReturnState,
}

/// The state of a version at a moment; none where it had not arrived, or its check had not ended.
fn state_at(record: &VersionTimes, at: DateTime<Utc>) -> Option<ReturnState> {
    let by = |time: Option<DateTime<Utc>>| time.is_some_and(|time| time <= at);
    if !by(Some(record.received)) || !by(record.decided) {
        None
    } else if by(record.ended) {
        Some(record.state)
    } else if by(record.accepted) {
        Some(ReturnState::Accepted)
    } else if by(record.signed) {
        Some(ReturnState::Signed)
    } else {
        Some(ReturnState::Checked)
    }
}

/// When the first version of each authority arrived of those that were kept by a moment. By it a return is on time or late,
/// whichever of its versions counts: so an authority is told, and so a release says it.
pub(super) fn first_received(versions: &[VersionTimes], as_of: DateTime<Utc>) -> BTreeMap<&str, DateTime<Utc>> {
    let mut first = BTreeMap::new();
    for record in versions.iter().filter(|record| state_at(record, as_of).is_some()) {
        let earliest = first.entry(record.authority.as_str()).or_insert(record.received);
        *earliest = record.received.min(*earliest);
    }
    first
}

/// Whether what arrived then was on time for a deadline.
pub(super) fn is_on_time(received: DateTime<Utc>, deadline: NaiveDate) -> bool {
    received < end_of_day(deadline)
}

/// One authority, from its versions that were kept.
fn cover(
    authority: Authority,
    versions: &[Version<'_>],
    first_received: Option<DateTime<Utc>>,
    course: &Course,
    as_of: DateTime<Utc>,
) -> AuthorityCoverage {
    let standing = |state: ReturnState| match state {
        ReturnState::Accepted => Standing::Accepted,
        ReturnState::Signed => Standing::Signed,
        ReturnState::Checked => Standing::Received,
        _ => Standing::Missing,
    };
    let numbered = |one: &Version<'_>| one.record.version.map(|version| (one.record.id, version, one.state));
    let standing = versions.iter().map(|one| standing(one.state)).max().unwrap_or(Standing::Missing);
    let deadline = course.deadline_of(Some(&authority.code), as_of);
    let stands = standing >= Standing::Received;
    let in_time = first_received.is_some_and(|at| is_on_time(at, deadline));
    let open = course.takes(&authority.code, as_of);
    let in_force = versions
        .iter()
        .filter_map(numbered)
        .find(|(_, _, state)| *state == ReturnState::Accepted)
        .map(|(id, version, _)| (id, version));
    AuthorityCoverage {
        authority,
        standing,
        open,
        deadline,
        first_received,
        on_time: stands && in_time,
        late: stands && !in_time,
        overdue: !stands && end_of_day(deadline) <= as_of,
        in_force,
        latest: versions.iter().filter_map(numbered).max_by_key(|(_, version, _)| *version),
        unaccepted: versions
            .iter()
            .filter(|one| one.state == ReturnState::Signed && one.record.version > in_force.map(|(_, version)| version))
            .filter_map(|one| one.record.signed.map(|at| (one.record.id, at)))
            .min_by_key(|(_, at)| *at),
    }
}
