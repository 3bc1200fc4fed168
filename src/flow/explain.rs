//! An authority says why something odd is true.

use super::Service;
use super::authorise::Account;
use super::error::{FlowError, Identifying};
use crate::domain::finding::Severity;
use crate::domain::identifier::ReturnId;
use crate::domain::report::Report;
use crate::domain::state::ReturnState;
use crate::spec::Specification;
use crate::store::{Explained, Explanation, ExplanationFilter, ExplanationOfReturn, Page};
use crate::validate::difference::fingerprint;

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
        let texts = explanations.iter().enumerate();
        self.must_not_identify(texts.map(|(at, new)| (format!("$.explanations[{at}].text"), new.text.as_str())))?;
        let report = self.kept_report(id).await?;
        let at = self.now();
        let explanations = explanations.into_iter().map(|new| {
            let text = new.text.trim().to_owned();
            if text.is_empty() || text.chars().count() > LONGEST_TEXT {
                let problem = format!("an explanation has 1 to {LONGEST_TEXT} characters");
                return Err(FlowError::RequestInvalid(problem));
            }
            let code = explained_code(self.specification(), &report, &new.about)?;
            Ok(Explanation { about: new.about, code, text, by: account.key, at, carried_from: None })
        });
        let explanations = explanations.collect::<Result<Vec<_>, _>>()?;
        let failed = FlowError::store("explaining findings");
        self.ledger().explain(id, &explanations).await.map_err(&failed)?;
        self.ledger().explanations(id).await.map_err(&failed)
    }

    /// The explanations in force of a return.
    pub async fn explanations(&self, account: &Account, id: ReturnId) -> Result<Vec<Explanation>, FlowError> {
        let own = account.reads_reasons_of()?;
        let found = self.ledger().return_by_id(id).await.map_err(FlowError::store("read the return"))?;
        let record = found.ok_or(FlowError::NotFound)?;
        if own.is_some_and(|authority| authority != record.authority) {
            return Err(FlowError::NotFound);
        }
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

/// The code of the rule, when what is explained is a query of this report.
fn explained_code(specification: &Specification, report: &Report, about: &Explained) -> Result<String, FlowError> {
    let found = report.findings.iter().find(|finding| match about {
        Explained::Rule(code) => finding.code == *code,
        Explained::Finding(wanted) => fingerprint(specification, finding) == *wanted,
    });
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
