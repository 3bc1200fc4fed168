//! An authority says why something odd is true.

use super::Service;
use super::authorise::Account;
use super::error::{FlowError, Identifying};
use crate::domain::digest::Digest;
use crate::domain::finding::{Finding, Severity};
use crate::domain::identifier::{KeyId, ReturnId};
use crate::domain::report::Report;
use crate::domain::state::ReturnState;
use crate::store::{Explained, Explanation, ExplanationFilter, ExplanationOfReturn, Page};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// The longest explanation that is taken, in characters.
const LONGEST_TEXT: usize = 2000;

/// An explanation as it comes from its author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewExplanation {
    pub about: Explained,
    pub text: String,
}

impl Service {
    /// Explains queries of a return that is checked, and gives back every explanation that is now in force.
    pub async fn explain(
        &self,
        account: &Account,
        id: ReturnId,
        explanations: Vec<NewExplanation>,
    ) -> Result<Vec<Explanation>, FlowError> {
        let authority = account.submits_for()?;
        let record = self.owned(authority, id).await?;
        if record.state != ReturnState::Checked {
            return Err(FlowError::WrongState {
                found: record.state,
                needed: ReturnState::Checked.name(),
                wanted: "explaining findings",
            });
        }
        self.must_have_content(id).await?;
        let report = self.kept_report(id).await?;
        let (service, at, by) = (self.clone(), self.now(), account.key);
        // Every text is searched and every finding digested, which takes a while of many.
        let explanations = self
            .at_work("read explanations", move || {
                let texts = explanations.iter().enumerate();
                let texts = texts.map(|(at, new)| (format!("$.explanations[{at}].text"), new.text.as_str()));
                service.must_not_identify(texts)?;
                let report = Explicable::new(service.finding_names(), &report, &explanations);
                explanations.into_iter().map(|new| report.explained(new, by, at)).collect::<Result<Vec<_>, _>>()
            })
            .await??;
        let failed = FlowError::store("explaining findings");
        self.ledger().explain(id, &explanations).await.map_err(&failed)?;
        self.ledger().explanations(id).await.map_err(&failed)
    }

    /// The explanations in force of a return.
    pub async fn explanations(&self, account: &Account, id: ReturnId) -> Result<Vec<Explanation>, FlowError> {
        self.found_for(account.reads_reasons_of()?, id).await?;
        self.ledger().explanations(id).await.map_err(FlowError::store("read the explanations"))
    }
}

impl Service {
    /// The explanations of a whole collection, of the versions that are checked, signed or accepted; for an authority its
    /// own. An unknown collection has nothing to explain and is not found.
    pub async fn explanations_across(
        &self,
        account: &Account,
        mut filter: ExplanationFilter,
        page: Page,
    ) -> Result<Vec<ExplanationOfReturn>, FlowError> {
        let own = account.reads_reasons_of()?;
        filter.collection = self.specification().collection(&filter.collection).ok_or(FlowError::NotFound)?.id.clone();
        if let Some(own) = own {
            if filter.authority.as_deref().is_some_and(|wanted| wanted != own) {
                return Ok(Vec::new());
            }
            filter.authority = Some(own.to_owned());
        }
        let listed = self.ledger().explanations_across(&filter, page).await;
        listed.map_err(FlowError::store("list the explanations"))
    }

    /// Refuses free text that seems to hold a direct identifier, before any of it is kept. Every text is searched, so that
    /// all is said at once.
    pub(super) fn must_not_identify<'a>(
        &self,
        texts: impl IntoIterator<Item = (String, &'a str)>,
    ) -> Result<(), FlowError> {
        let mut found = Vec::new();
        for (field, text) in texts {
            let kinds = self.validator().identifiers_in(text);
            found.extend(kinds.into_iter().map(|kind| Identifying { field: field.clone(), kind }));
        }
        if found.is_empty() { Ok(()) } else { Err(FlowError::IdentifyingText { found }) }
    }
}

/// What of a report can be explained.
struct Explicable<'a> {
    by_rule: BTreeMap<&'a str, &'a Finding>,
    by_fingerprint: BTreeMap<Digest, &'a Finding>,
}

impl<'a> Explicable<'a> {
    /// Fingerprints are made only where a finding of its own is explained.
    fn new(name: impl Fn(&Finding) -> Digest, report: &'a Report, explanations: &[NewExplanation]) -> Self {
        let is_needed = explanations.iter().any(|new| matches!(new.about, Explained::Finding(_)));
        let (mut by_rule, mut by_fingerprint) = (BTreeMap::new(), BTreeMap::new());
        for finding in &report.findings {
            by_rule.entry(finding.code.as_str()).or_insert(finding);
            if is_needed {
                by_fingerprint.entry(name(finding)).or_insert(finding);
            }
        }
        Self { by_rule, by_fingerprint }
    }

    fn explained(&self, new: NewExplanation, by: KeyId, at: DateTime<Utc>) -> Result<Explanation, FlowError> {
        let text = new.text.trim().to_owned();
        if text.is_empty() || text.chars().count() > LONGEST_TEXT {
            let problem = format!("an explanation has 1 to {LONGEST_TEXT} characters");
            return Err(FlowError::RequestInvalid(problem));
        }
        let code = self.code(&new.about)?;
        Ok(Explanation { about: new.about, code, text, by, at, carried_from: None })
    }

    /// The code of the rule, when what is explained is a query of this report.
    fn code(&self, about: &Explained) -> Result<String, FlowError> {
        let found = match about {
            Explained::Rule(code) => self.by_rule.get(code.as_str()),
            Explained::Finding(wanted) => self.by_fingerprint.get(wanted),
        };
        match found {
            Some(finding) if finding.severity == Severity::Query => Ok(finding.code.clone()),
            Some(finding) => Err(FlowError::RequestInvalid(format!(
                "{} is of severity {}; only a query is explained, an error is corrected",
                finding.code, finding.severity
            ))),
            None => Err(FlowError::RequestInvalid(match about {
                Explained::Rule(code) => format!("the return has no finding of the rule {code}"),
                Explained::Finding(wanted) => format!("the return has no finding {wanted}"),
            })),
        }
    }
}
