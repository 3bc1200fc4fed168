//! An authority says why something odd is true.

use super::Service;
use super::authorise::Account;
use super::error::FlowError;
use crate::domain::digest::{Digest, Digester};
use crate::domain::finding::{Finding, Severity};
use crate::domain::identifier::ReturnId;
use crate::domain::report::Report;
use crate::domain::state::ReturnState;
use crate::store::{Explained, Explanation};

/// The longest explanation that is taken, in characters.
const LONGEST_TEXT: usize = 2000;

/// An explanation as it comes from its author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewExplanation {
    pub about: Explained,
    pub text: String,
}

/// What makes a finding the same finding when a return is sent again: its rule, where it stands, the record's key and
/// the facts it rests on; not its row, which moves when rows are added.
pub fn fingerprint(finding: &Finding) -> Digest {
    let mut digester = Digester::default();
    let mut part = |text: &str| {
        digester.update(&(text.len() as u64).to_be_bytes());
        digester.update(text.as_bytes());
    };
    part(&finding.code);
    part(finding.at.table.as_deref().unwrap_or_default());
    part(finding.at.field.as_deref().unwrap_or_default());
    part(&finding.key.len().to_string());
    for (field, value) in &finding.key {
        part(field);
        part(value.reveal());
    }
    for (name, value) in &finding.facts {
        part(name);
        part(value.reveal());
    }
    digester.finish()
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
        let report = self.kept_report(id).await?;
        let at = self.now();
        let explanations = explanations.into_iter().map(|new| {
            let text = new.text.trim().to_owned();
            if text.is_empty() || text.chars().count() > LONGEST_TEXT {
                let problem = format!("an explanation has 1 to {LONGEST_TEXT} characters");
                return Err(FlowError::RequestInvalid(problem));
            }
            let code = explained_code(&report, &new.about)?;
            Ok(Explanation { about: new.about, code, text, by: account.key, at })
        });
        let explanations = explanations.collect::<Result<Vec<_>, _>>()?;
        let failed = FlowError::store("explaining findings");
        self.ledger().explain(id, &explanations).await.map_err(&failed)?;
        self.ledger().explanations(id).await.map_err(&failed)
    }

    /// The explanations in force.
    pub async fn explanations(&self, account: &Account, id: ReturnId) -> Result<Vec<Explanation>, FlowError> {
        self.readable(account, id).await?;
        self.ledger().explanations(id).await.map_err(FlowError::store("read the explanations"))
    }
}

/// The code of the rule, when what is explained is a query of this report.
fn explained_code(report: &Report, about: &Explained) -> Result<String, FlowError> {
    let found = report.findings.iter().find(|finding| match about {
        Explained::Rule(code) => finding.code == *code,
        Explained::Finding(wanted) => fingerprint(finding) == *wanted,
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
