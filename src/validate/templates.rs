//! The messages of rules: `{NAME}` stands for a fact of the finding.

use crate::domain::finding::Severity;
use crate::spec::Specification;
use std::collections::BTreeMap;

/// Each rule's message and severity by code.
#[derive(Debug, Clone, Default)]
pub(super) struct Templates(BTreeMap<String, (Severity, String)>);

impl Templates {
    pub(super) fn of(specification: &Specification) -> Self {
        let rules = specification.rules.values();
        Self(rules.map(|rule| (rule.code.clone(), (rule.severity, rule.message.clone()))).collect())
    }

    pub(super) fn severity(&self, code: &str, otherwise: Severity) -> Severity {
        self.0.get(code).map_or(otherwise, |(severity, _)| *severity)
    }

    /// The message of a rule with its facts in their places.
    pub(super) fn render(&self, code: &str, facts: &BTreeMap<String, String>) -> String {
        self.0.get(code).map_or_else(|| code.to_owned(), |(_, template)| fill(template, facts))
    }
}

/// Puts facts in the places of their names; a fact that is not there is shown as an empty cell.
pub(super) fn fill(template: &str, facts: &BTreeMap<String, String>) -> String {
    let mut message = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        message.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            message.push('{');
            rest = after;
            continue;
        };
        match facts.get(name).map(String::as_str) {
            None | Some("") => message.push_str("(empty)"),
            Some(fact) => message.push_str(fact),
        }
        rest = after;
    }
    message.push_str(rest);
    message
}

/// The names that a message speaks of.
pub(super) fn names(template: &str) -> Vec<&str> {
    template.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_stand_in_their_places() {
        let facts = BTreeMap::from([("DEC".to_owned(), "01/02/2025".to_owned())]);
        assert_eq!(fill("Ceased on {DEC}, {NONE}.", &facts), "Ceased on 01/02/2025, (empty).");
        assert_eq!(fill("An open { brace", &facts), "An open { brace");
        assert_eq!(names("{A} and {B}"), ["A", "B"]);
    }
}
