//! Who has sent what: expected, received, on time, signed, accepted; by authority, region and for England.

use super::Service;
use super::authorise::Account;
use super::error::FlowError;
use crate::domain::authority::Authority;
use crate::domain::identifier::ReturnId;
use crate::domain::state::ReturnState;
use crate::spec::Collection;
use crate::store::{Page, ReturnFilter, ReturnRecord};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// How far an authority has come. The order is the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Nothing that could be kept was sent, or all of it was taken or sent back.
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
    /// When its first version that was kept arrived.
    pub first_received: Option<DateTime<Utc>>,
    /// Whether that was before the end of the deadline's day.
    pub on_time: bool,
    /// The version that counts.
    pub in_force: Option<(ReturnId, u32)>,
    /// The latest version and its state, whether it counts or not.
    pub latest: Option<(ReturnId, u32, ReturnState)>,
}

/// Numbers of authorities. Each counts those who came so far or farther.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RegionCoverage {
    pub gss: String,
    pub name: String,
    pub expected: u64,
    pub received: u64,
    pub on_time: u64,
    pub signed: u64,
    pub accepted: u64,
}

/// The coverage of one collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    pub collection: Collection,
    pub england: RegionCoverage,
    /// In the order of their GSS codes.
    pub regions: Vec<RegionCoverage>,
    /// In the order of their three-digit codes.
    pub authorities: Vec<AuthorityCoverage>,
}

/// The GSS code of England.
const ENGLAND: &str = "E92000001";

impl RegionCoverage {
    fn add(&mut self, one: &AuthorityCoverage) {
        self.expected += 1;
        self.received += u64::from(one.standing >= Standing::Received);
        self.on_time += u64::from(one.on_time);
        self.signed += u64::from(one.standing >= Standing::Signed);
        self.accepted += u64::from(one.standing >= Standing::Accepted);
    }
}

impl Service {
    /// The coverage of a collection at this moment. Expected are the authorities live at the end of its period.
    pub async fn coverage(&self, account: &Account, collection: &str) -> Result<Coverage, FlowError> {
        account.may_see_coverage()?;
        let collection = self.specification().collection(collection).ok_or(FlowError::NotFound)?;
        self.coverage_of(collection).await
    }

    /// The same, for the service's own eyes.
    pub(super) async fn coverage_of(&self, collection: &Collection) -> Result<Coverage, FlowError> {
        let collection = collection.clone();
        let filter = ReturnFilter { collection: Some(collection.id.clone()), ..ReturnFilter::default() };
        let returns = self.ledger().returns(&filter, Page::ALL).await;
        let returns = returns.map_err(FlowError::store("read the coverage"))?;
        let mut by_authority: BTreeMap<&str, Vec<&ReturnRecord>> = BTreeMap::new();
        for one in &returns {
            by_authority.entry(&one.authority).or_default().push(one);
        }
        let mut expected: Vec<&Authority> = self.specification().register.live_on(collection.period.end).collect();
        expected.sort_by(|one, other| one.code.cmp(&other.code));
        let covered = |authority: &&Authority| {
            let versions = by_authority.get(authority.code.as_str()).map_or(&[][..], Vec::as_slice);
            cover((*authority).clone(), versions, &collection)
        };
        let authorities: Vec<AuthorityCoverage> = expected.iter().map(covered).collect();
        let mut regions: BTreeMap<String, RegionCoverage> = BTreeMap::new();
        let mut england =
            RegionCoverage { gss: ENGLAND.to_owned(), name: "England".to_owned(), ..RegionCoverage::default() };
        for one in &authorities {
            let (gss, name) = (one.authority.region_gss.clone(), one.authority.region.clone());
            let region = regions.entry(gss.clone());
            region.or_insert_with(|| RegionCoverage { gss, name, ..RegionCoverage::default() }).add(one);
            england.add(one);
        }
        Ok(Coverage { collection, england, regions: regions.into_values().collect(), authorities })
    }
}

/// One authority, from its versions that were kept.
fn cover(authority: Authority, versions: &[&ReturnRecord], collection: &Collection) -> AuthorityCoverage {
    let standing = |state: ReturnState| match state {
        ReturnState::Accepted => Standing::Accepted,
        ReturnState::Signed => Standing::Signed,
        ReturnState::Checked => Standing::Received,
        _ => Standing::Missing,
    };
    let numbered = |one: &&ReturnRecord| one.version.map(|version| (one.id, version, one.state));
    let first_received = versions.iter().map(|one| one.received).min();
    AuthorityCoverage {
        authority,
        standing: versions.iter().map(|one| standing(one.state)).max().unwrap_or(Standing::Missing),
        first_received,
        on_time: first_received.is_some_and(|at| at.date_naive() <= collection.deadline),
        in_force: versions
            .iter()
            .filter_map(numbered)
            .find(|(_, _, state)| *state == ReturnState::Accepted)
            .map(|(id, version, _)| (id, version)),
        latest: versions.iter().filter_map(numbered).max_by_key(|(_, version, _)| *version),
    }
}
