//! Reading what is kept: returns, their findings, their history.

use super::Service;
use super::authorise::Account;
use super::error::FlowError;
use crate::domain::digest::Digest;
use crate::domain::finding::{Finding, Severity};
use crate::domain::identifier::ReturnId;
use crate::domain::report::Report;
use crate::domain::state::ReturnState;
use crate::store::{
    Event, EventSubject, Explained, Explanation, ObjectName, Page, Receipt, ReturnFilter, ReturnRecord, StoreError,
    read_report,
};
use std::collections::BTreeMap;

/// A return and, where it was rejected, its receipt.
#[derive(Debug, Clone, PartialEq)]
pub struct ReturnView {
    pub record: ReturnRecord,
    pub receipt: Option<Receipt>,
}

/// Which findings to list. What is absent does not narrow the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FindingFilter {
    pub code: Option<String>,
    pub severity: Option<Severity>,
    pub table: Option<String>,
}

impl FindingFilter {
    fn takes(&self, finding: &Finding) -> bool {
        self.code.as_ref().is_none_or(|code| finding.code.eq_ignore_ascii_case(code))
            && self.severity.is_none_or(|severity| finding.severity == severity)
            && self.table.as_ref().is_none_or(|table| finding.at.table.as_deref() == Some(table.as_str()))
    }
}

/// A finding, how to speak of it, and what was said about it.
#[derive(Debug, Clone)]
pub struct ListedFinding {
    pub finding: Finding,
    /// By this it is explained.
    pub fingerprint: Digest,
    /// The finding's own explanation, or else that of its rule.
    pub explanation: Option<Explanation>,
}

/// A part of the findings of a return.
#[derive(Debug, Clone)]
pub struct FindingsPage {
    /// The report, without its findings.
    pub report: Report,
    /// How many listed findings the filter takes.
    pub total: u64,
    pub findings: Vec<ListedFinding>,
}

impl Service {
    /// One return.
    pub async fn return_by_id(&self, account: &Account, id: ReturnId) -> Result<ReturnView, FlowError> {
        let record = self.readable(account, id).await?;
        let receipt = match record.state {
            ReturnState::Rejected => self.ledger().receipt(id).await.map_err(FlowError::store("read the receipt"))?,
            _ => None,
        };
        Ok(ReturnView { record, receipt })
    }

    /// Returns in the order in which they were received: the account's authority's, or for a collector everybody's.
    pub async fn returns(
        &self,
        account: &Account,
        mut filter: ReturnFilter,
        page: Page,
    ) -> Result<Vec<ReturnRecord>, FlowError> {
        if let Some(own) = account.reads_returns_of()? {
            if filter.authority.as_deref().is_some_and(|wanted| wanted != own) {
                return Ok(Vec::new());
            }
            filter.authority = Some(own.to_owned());
        }
        self.ledger().returns(&filter, page).await.map_err(FlowError::store("list the returns"))
    }

    /// The whole report of a return, for every form in which a report is written.
    pub async fn report(&self, account: &Account, id: ReturnId) -> Result<Report, FlowError> {
        let record = self.readable(account, id).await?;
        if matches!(record.state, ReturnState::Received | ReturnState::Rejected) {
            return Err(FlowError::WrongState {
                found: record.state,
                needed: "checked",
                wanted: "reading the report, which is kept with a return and never of a rejected upload,",
            });
        }
        self.must_have_content(id).await?;
        self.note_reading(account, "findings", "return", &id.to_string()).await;
        self.kept_report(id).await
    }

    /// A part of the findings of a return, in the order of the report.
    pub async fn findings(
        &self,
        account: &Account,
        id: ReturnId,
        filter: &FindingFilter,
        page: Page,
    ) -> Result<FindingsPage, FlowError> {
        let report = self.report(account, id).await?;
        let explanations = self.ledger().explanations(id).await.map_err(FlowError::store("read the explanations"))?;
        let (name, filter) = (self.finding_names(), filter.clone());
        self.at_work("list findings", move || listed(name, report, explanations, &filter, page)).await
    }

    /// The history of a return, oldest first.
    pub async fn history(&self, account: &Account, id: ReturnId) -> Result<Vec<Event>, FlowError> {
        self.readable(account, id).await?;
        self.ledger().events(EventSubject::Return(id)).await.map_err(FlowError::store("read the history"))
    }

    /// Receipts of rejected uploads: the account's authority's, or for a collector everybody's.
    pub async fn receipts(&self, account: &Account, page: Page) -> Result<Vec<Receipt>, FlowError> {
        let authority = account.reads_returns_of()?;
        self.ledger().receipts(authority, page).await.map_err(FlowError::store("list the receipts"))
    }

    pub(super) async fn kept_report(&self, id: ReturnId) -> Result<Report, FlowError> {
        let doing = "read the report";
        let bytes = match self.archive().get(&ObjectName::report(id)).await {
            Err(error @ StoreError::NoObject { .. }) => {
                // It may have been deleted between the look at its deletions and this one.
                self.must_have_content(id).await?;
                return Err(FlowError::internal(doing, error));
            }
            bytes => bytes.map_err(|error| FlowError::internal(doing, error))?,
        };
        let read = self.at_work(doing, move || read_report(&bytes));
        read.await?.map_err(|error| FlowError::internal(doing, error))
    }
}

/// The part of a report's findings that is asked for, each with its fingerprint and what was said about it.
fn listed(
    name: impl Fn(&Finding) -> Digest,
    mut report: Report,
    explanations: Vec<Explanation>,
    filter: &FindingFilter,
    page: Page,
) -> FindingsPage {
    let explanations: BTreeMap<Explained, Explanation> =
        explanations.into_iter().map(|explanation| (explanation.about.clone(), explanation)).collect();
    let taken: Vec<Finding> = std::mem::take(&mut report.findings);
    let taken: Vec<Finding> = taken.into_iter().filter(|finding| filter.takes(finding)).collect();
    let total = taken.len() as u64;
    let size = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let findings = taken.into_iter().skip(size(page.skip)).take(size(page.take)).map(|finding| {
        let fingerprint = name(&finding);
        let own = explanations.get(&Explained::Finding(fingerprint));
        let explanation = own.or_else(|| explanations.get(&Explained::Rule(finding.code.clone()))).cloned();
        ListedFinding { finding, fingerprint, explanation }
    });
    FindingsPage { total, findings: findings.collect(), report }
}
