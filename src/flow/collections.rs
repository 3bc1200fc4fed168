//! A collection on its way: opened, its deadline extended, closed, reopened for one authority; and where it stands.

use super::Service;
use super::authorise::Account;
use super::error::FlowError;
use crate::domain::clock::Clock;
use crate::domain::collecting::{CollectionMove, CollectionState};
use crate::domain::course::{Course, Decided};
use crate::domain::identifier::KeyId;
use crate::domain::local_time::{end_of_day, local_day};
use crate::domain::state::ReturnState;
use crate::spec::{Collection, Specification};
use crate::store::{CollectionDecision, Ledger, NewDecision, ReturnRecord};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeSet;

/// The longest reason that is taken, in characters.
const LONGEST_REASON: usize = 2000;

/// What somebody wants to decide about a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionRequest {
    pub step: CollectionMove,
    /// Either code of one authority; none for everybody.
    pub authority: Option<String>,
    /// The new deadline, or the last day of a reopening.
    pub last_day: Option<NaiveDate>,
    pub reason: String,
}

/// What holds for one authority and not for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionException {
    /// The three-digit code.
    pub authority: String,
    /// The last day on which its return is on time.
    pub deadline: NaiveDate,
    /// The last day until which its return is taken although the collection is closed for others.
    pub until: Option<NaiveDate>,
    /// Whether its return can be signed at the moment.
    pub open: bool,
}

/// Where a collection stands, as the account may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionStatus {
    pub collection: Collection,
    pub as_of: DateTime<Utc>,
    pub state: CollectionState,
    /// Everybody's deadline, extensions included; the calendar's own stands in `collection`.
    pub deadline: NaiveDate,
    pub closed_since: Option<DateTime<Utc>>,
    /// Authorities that something else holds for, by their codes; for an authority itself alone.
    pub exceptions: Vec<CollectionException>,
    pub decisions: Vec<CollectionDecision>,
}

/// Why a version that is checked cannot be signed: its collection was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedCollection {
    pub collection: String,
    pub since: DateTime<Utc>,
    /// The same as a sentence for people, with whom to ask.
    pub told: String,
}

/// Decides about a collection, for the command line and for [`Service::decide_collection`].
pub async fn decide_collection(
    ledger: &dyn Ledger,
    specification: &Specification,
    clock: &dyn Clock,
    collection: &str,
    request: CollectionRequest,
    by: Option<KeyId>,
) -> Result<CollectionDecision, FlowError> {
    let collection = specification.collection(collection).ok_or(FlowError::NotFound)?;
    let at = clock.now();
    let CollectionRequest { step, authority, last_day, reason } = request;
    let wrong = |problem: &str| Err(FlowError::RequestInvalid(problem.to_owned()));
    let authority = match authority {
        None => None,
        Some(code) => match specification.register.live_in(&code, collection.period) {
            Some(line) => Some(line.code.clone()),
            None => return wrong("the authority is not in the register in the collection's period"),
        },
    };
    match (step, &authority, last_day) {
        (CollectionMove::Begin, ..) => return wrong("a collection begins by its calendar"),
        (CollectionMove::Open | CollectionMove::Close, Some(_), _) => {
            return wrong("this is for everybody; reopen the collection for one authority, or extend its deadline");
        }
        (CollectionMove::Open | CollectionMove::Close, None, Some(_)) => {
            return wrong("this is done at once; leave the last day out");
        }
        (CollectionMove::Extend | CollectionMove::Reopen, _, None) => {
            return wrong("say which day is the last one");
        }
        (CollectionMove::Reopen, None, _) => {
            return wrong("say for which authority; to open it for everybody again, open it");
        }
        _ => {}
    }
    if last_day.is_some_and(|day| end_of_day(day) <= at) {
        return wrong("the last day has passed; give one to come");
    }
    let reason = reason.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        return Err(FlowError::RequestInvalid(format!("say why, in 1 to {LONGEST_REASON} characters; others read it")));
    }
    let decided = Decided { step, authority, last_day, at };
    let (opens, deadline) = (collection.opens, collection.deadline);
    let new = NewDecision { collection: collection.id.clone(), opens, deadline, decided, reason, by };
    ledger.decide_collection(&new).await.map_err(FlowError::store("decide about the collection"))
}

/// The calendar of a collection with every decision about it.
pub(super) async fn course_of(
    ledger: &dyn Ledger,
    collection: &Collection,
) -> Result<(Course, Vec<CollectionDecision>), FlowError> {
    let decisions = ledger.collection_decisions(Some(&collection.id)).await;
    let decisions = decisions.map_err(FlowError::store("read the decisions about the collection"))?;
    let decided = decisions.iter().map(|one| one.decided.clone()).collect();
    Ok((Course { opens: collection.opens, deadline: collection.deadline, decided }, decisions))
}

/// Where a collection stood at a moment; for one authority itself alone.
pub async fn collection_status(
    ledger: &dyn Ledger,
    collection: &Collection,
    only: Option<&str>,
    as_of: DateTime<Utc>,
) -> Result<CollectionStatus, FlowError> {
    let (course, mut decisions) = course_of(ledger, collection).await?;
    decisions.retain(|one| one.decided.at <= as_of);
    decisions
        .retain(|one| only.is_none() || one.decided.authority.is_none() || one.decided.authority.as_deref() == only);
    let named: BTreeSet<&String> = decisions.iter().filter_map(|one| one.decided.authority.as_ref()).collect();
    let exception = |code: &&String| CollectionException {
        authority: (*code).clone(),
        deadline: course.deadline_of(Some(code), as_of),
        until: course.own_last_day(code, as_of),
        open: course.takes(code, as_of),
    };
    Ok(CollectionStatus {
        collection: collection.clone(),
        as_of,
        state: course.state(as_of),
        deadline: course.deadline_of(None, as_of),
        closed_since: course.closed_since(as_of),
        exceptions: named.iter().map(exception).collect(),
        decisions,
    })
}

impl Service {
    /// Where a collection stands, or stood at a moment that has passed. An authority sees what holds for everybody and for
    /// itself.
    pub async fn collection(
        &self,
        account: &Account,
        collection: &str,
        as_of: Option<DateTime<Utc>>,
    ) -> Result<CollectionStatus, FlowError> {
        let collection = self.specification().collection(collection).ok_or(FlowError::NotFound)?;
        let as_of = self.past_or_now(as_of)?;
        collection_status(self.ledger(), collection, account.authority(), as_of).await
    }

    /// Opens, extends, closes or reopens a collection.
    pub async fn decide_collection(
        &self,
        account: &Account,
        collection: &str,
        request: CollectionRequest,
    ) -> Result<CollectionStatus, FlowError> {
        account.may_collect()?;
        self.must_not_identify([("$.reason".to_owned(), request.reason.as_str())])?;
        let (ledger, clock) = (self.ledger(), self.0.parts.clock.as_ref());
        decide_collection(ledger, self.specification(), clock, collection, request, Some(account.key)).await?;
        self.collection(account, collection, None).await
    }

    /// What will hold at a time to come is not known, so it is not answered.
    pub(super) fn past_or_now(&self, as_of: Option<DateTime<Utc>>) -> Result<DateTime<Utc>, FlowError> {
        let now = self.now();
        match as_of {
            Some(at) if at > now => {
                Err(FlowError::RequestInvalid("the time is in the future; give one that has passed".to_owned()))
            }
            at => Ok(at.unwrap_or(now)),
        }
    }

    /// The collections that were open at a moment because people had opened them before their calendar does.
    pub(super) async fn opened_early(&self, at: DateTime<Utc>) -> Result<Vec<String>, FlowError> {
        let mut opened = Vec::new();
        for collection in &self.specification().collections {
            if collection.opens <= local_day(at) {
                continue;
            }
            let (course, _) = course_of(self.ledger(), collection).await?;
            if course.state(at) == CollectionState::Open {
                opened.push(collection.id.clone());
            }
        }
        Ok(opened)
    }

    /// Whether a version waits for a signature that its collection no longer takes; for its answer.
    pub async fn closed_to(&self, record: &ReturnRecord) -> Result<Option<ClosedCollection>, FlowError> {
        let collection = record.collection.as_deref().and_then(|name| self.specification().collection(name));
        let Some(collection) = collection.filter(|_| record.state == ReturnState::Checked) else { return Ok(None) };
        let now = self.now();
        let (course, _) = course_of(self.ledger(), collection).await?;
        let since = course.closed_since(now).filter(|_| !course.takes(&record.authority, now));
        Ok(since.map(|since| {
            let collection = collection.id.clone();
            let told = FlowError::CollectionClosed { collection: collection.clone(), since }.to_string();
            ClosedCollection { collection, since, told }
        }))
    }
}
