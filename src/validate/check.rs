//! One round over a return: everything that F, P, V and query rules find, in one report.
//!
//! What is shown when something must not be: where a P rule found anything, no finding carries a value or a key and the
//! query rules, whose messages are made of values, do not run. Whatever quotes names out of the upload (files, headings,
//! the messages of F rules) is searched too, and identifiers in it are withheld.

use super::collect::{Collected, LISTED_AT_MOST, by_severity};
use super::excerpt::excerpts;
use super::privacy::{self, PrivacyContext};
use super::refused::Refused;
use super::rules::{self, OtherTables, RulesContext, RulesRun};
use super::validator::{Validator, Year};
use super::values::{self, TypedReturn, ValuesContext};
use crate::domain::finding::{Finding, Severity};
use crate::domain::report::{Counts, NotChecked, Outcome, Report, RuleNote};
use crate::domain::table::TextReturn;
use crate::intake::IntakeResult;
use crate::spec::{CheckKind, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// What a return is compared with beside the specification.
#[derive(Debug, Clone, Default)]
pub struct CheckContext {
    /// The authority's last return, also one that an earlier specification was kept with; rules that compare with it are not checked when there is none.
    pub previous: Option<TypedReturn>,
    /// The tables of other authorities; rules that compare with them are not checked when there are none.
    pub others: Option<OtherTables>,
    /// Why an accepted return that rules compare with cannot be read under this specification. A check with one is never
    /// clean: what it would have found is unknown.
    pub unreadable: Vec<String>,
}

/// What came of a check.
#[derive(Debug)]
pub struct CheckOutcome {
    pub report: Report,
    /// The return as typed columns; none when it is rejected.
    pub typed: Option<TypedReturn>,
}

/// What intake says of a column that the specification does not know.
const UNKNOWN_COLUMN: &str = "F11";
/// What intake says of a period that is not the collection's, among others.
const WRONG_COLLECTION: &str = "F19";

/// The parts of a report as they come together.
#[derive(Default)]
struct Gathered {
    collected: Collected,
    not_checked: Vec<NotChecked>,
    notes: Vec<String>,
    typed: Option<TypedReturn>,
    rules_run: u64,
}

impl Validator {
    /// Checks what was read of an upload. It never fails: what cannot be checked is said in the report.
    pub fn check(&self, intake: IntakeResult, context: &CheckContext) -> CheckOutcome {
        let specification = self.specification();
        let mut gathered = Gathered { notes: intake.read.notes.clone(), ..Gathered::default() };
        let incomplete = self.incomplete(&intake);
        let privacy = PrivacyContext { specification, headings: &self.headings, templates: &self.templates };
        let mut refused = Refused::by_intake(&intake.findings);
        privacy::search(
            &privacy,
            intake.read.tables.iter().chain(&intake.aside),
            &mut gathered.collected,
            &mut refused,
        );
        let is_private = gathered.collected.any(|_| true);
        self.add_intake(&intake, is_private, &mut gathered);
        self.values_and_rules(&intake, context, &incomplete, is_private, &refused, &mut gathered);
        self.report(intake, gathered)
    }

    /// Tables of which rows may be missing: those with an F finding, and all that were not read when something was
    /// refused that belongs to no table. A column too many takes no row away.
    fn incomplete(&self, intake: &IntakeResult) -> BTreeSet<String> {
        let takes_rows = |finding: &&Finding| finding.code != UNKNOWN_COLUMN;
        let mut tables: BTreeSet<String> =
            intake.findings.iter().filter(takes_rows).filter_map(|finding| finding.at.table.clone()).collect();
        let unread = |name: &&String| intake.read.table(name).is_none();
        let names = self.specification().tables.iter();
        if intake.findings.iter().any(|finding| finding.at.table.is_none()) {
            tables.extend(names.map(|table| &table.name).filter(unread).cloned());
        } else {
            let required = names.filter(|table| table.required);
            tables.extend(required.map(|table| &table.name).filter(unread).cloned());
        }
        tables
    }

    fn add_intake(&self, intake: &IntakeResult, is_private: bool, gathered: &mut Gathered) {
        let mut by_code: BTreeMap<&str, Vec<Finding>> = BTreeMap::new();
        for finding in &intake.findings {
            let value = finding.value.clone().filter(|_| !is_private);
            by_code.entry(&finding.code).or_default().push(Finding { value, ..finding.clone() });
        }
        for (code, count) in &intake.counts {
            gathered.collected.add(code, *count, by_code.remove(code.as_str()).unwrap_or_default());
        }
        // Of what could not be opened there was nothing that the other rules could run on.
        let is_read = !intake.read.tables.is_empty() || !intake.aside.is_empty();
        let ran = |kind| kind == CheckKind::Intake || (is_read && kind != CheckKind::Query);
        gathered.rules_run += self.specification().rules.values().filter(|rule| ran(rule.kind)).count() as u64;
    }

    /// Whether the header names a collection and the period of another, so that no year's rules can be held to be right.
    fn is_of_two_years(&self, intake: &IntakeResult) -> bool {
        let header = &self.specification().header;
        let days = [&header.period_start, &header.period_end];
        let is_period = |finding: &Finding| finding.at.field.as_ref().is_some_and(|field| days.contains(&field));
        intake.findings.iter().any(|finding| finding.code == WRONG_COLLECTION && is_period(finding))
    }

    fn values_and_rules(
        &self,
        intake: &IntakeResult,
        context: &CheckContext,
        incomplete: &BTreeSet<String>,
        is_private: bool,
        refused: &Refused,
        gathered: &mut Gathered,
    ) {
        if intake.read.tables.is_empty() && !is_private {
            return;
        }
        let named = intake.header.collection.as_ref().and_then(|id| self.specification().collection(id));
        let Some(collection) = named.or_else(|| self.specification().latest()) else { return };
        let year = match self.year(collection) {
            Ok(year) => year,
            Err(error) => return gathered.fault("V", &error.to_string()),
        };
        let values = ValuesContext {
            specification: self.specification(),
            collection: &year.collection,
            schemas: &year.schemas,
            templates: &self.templates,
            incomplete,
            absent_is_missing: true,
            show_values: !is_private,
            refused,
        };
        let typed = match values::check(&values, &intake.read, &mut gathered.collected) {
            Ok((typed, not_checked)) => {
                gathered.not_checked.extend(not_checked);
                typed
            }
            Err(error) => return gathered.fault("V", &error.to_string()),
        };
        if is_private {
            let note = "The upload holds direct identifiers (P rules). No value is shown, and the rules that compare \
                        cells were not run: take the identifiers out and check again.";
            gathered.notes.push(note.to_owned());
        } else if named.is_none() {
            let note = format!(
                "The collection could not be read from the header: values were checked as those of {}, and the rules \
                 that compare cells were not run. Put the header right and check again.",
                year.collection.id
            );
            gathered.notes.push(note);
        } else if self.is_of_two_years(intake) {
            let note = format!(
                "The header names {} and the period of another year: values were checked as those of {}, and the rules \
                 that compare cells were not run, because most of what they found would be wrong. Put the header right and \
                 check again.",
                year.collection.id, year.collection.id
            );
            gathered.notes.push(note);
        } else {
            self.rules(&year, &intake.read, &typed, context, incomplete, gathered);
        }
        gathered.typed = Some(typed);
    }

    fn rules(
        &self,
        year: &Year,
        text: &TextReturn,
        typed: &TypedReturn,
        context: &CheckContext,
        incomplete: &BTreeSet<String>,
        gathered: &mut Gathered,
    ) {
        for problem in &context.unreadable {
            gathered.fault("rules", problem);
        }
        let previous = context.previous.as_ref().map(|previous| previous.conformed(self.specification()));
        let previous = match previous.transpose() {
            Ok(previous) => previous,
            Err(error) => return gathered.fault("rules", &format!("of the last return {error}")),
        };
        let rules = RulesContext {
            specification: self.specification(),
            plans: &year.plans,
            text,
            typed,
            previous: previous.as_ref(),
            others: context.others.as_ref(),
            incomplete,
        };
        match rules::run(&rules, &mut gathered.collected) {
            Ok(RulesRun { not_checked, ran }) => {
                gathered.not_checked.extend(not_checked);
                gathered.rules_run += ran;
            }
            Err(error) => gathered.fault("rules", &error.to_string()),
        }
    }

    fn report(&self, intake: IntakeResult, gathered: Gathered) -> CheckOutcome {
        let specification = self.specification();
        let Gathered { collected, mut not_checked, notes, typed, rules_run } = gathered;
        let (mut findings, by_code) = collected.finish(specification);
        findings.iter_mut().for_each(privacy::withhold_finding);
        let otherwise = |code: &str| if code.starts_with('F') { Severity::Reject } else { Severity::Error };
        let by_severity = by_severity(&by_code, |code| self.templates.severity(code, otherwise(code)));
        let rows = intake.read.tables.iter().map(|table| (table.name.clone(), table.rows() as u64)).collect();
        let noted = by_code.keys().filter_map(|code| specification.rules.get(code));
        let note = |rule: &Rule| RuleNote {
            severity: rule.severity,
            statement: rule.statement.clone(),
            cure: rule.cure.clone(),
        };
        let rules = noted.map(|rule| (rule.code.clone(), note(rule))).collect();
        let counts = Counts { by_code, by_severity, rows };
        not_checked.sort_by(|one, other| (&one.code, &one.because).cmp(&(&other.code, &other.because)));
        let outcome = outcome(&counts, &not_checked);
        // Of what is refused nothing is repeated but the findings.
        let is_kept = outcome != Outcome::Rejected;
        let excerpts = if is_kept { excerpts(specification, &intake.read, &findings) } else { Vec::new() };
        let report = Report {
            outcome,
            specification: specification.stamp(intake.header.collection.as_deref()),
            input: intake.digest,
            authority: intake.header.authority,
            counts,
            findings,
            listed_at_most: LISTED_AT_MOST,
            not_checked,
            notes: notes.iter().map(|note| privacy::withhold(note)).collect(),
            rules_run,
            rules,
            excerpts,
        };
        CheckOutcome { report, typed: typed.filter(|_| is_kept) }
    }
}

impl Gathered {
    /// A fault of the program or the specification, which keeps the return from being signed.
    fn fault(&mut self, code: &str, problem: &str) {
        let because = format!("Not checked: {problem}. This is no fault of the return; tell the collection team.");
        self.not_checked.push(NotChecked { code: code.to_owned(), because, rows: BTreeMap::new(), blocks: true });
    }
}

fn outcome(counts: &Counts, not_checked: &[NotChecked]) -> Outcome {
    if counts.of(Severity::Reject) > 0 {
        Outcome::Rejected
    } else if counts.of(Severity::Error) > 0 || not_checked.iter().any(|entry| entry.blocks) {
        Outcome::Errors
    } else if counts.of(Severity::Query) > 0 {
        Outcome::Queries
    } else {
        Outcome::Clean
    }
}
