//! The examples in the pages of the F rules: an example is the smallest return with its `csv` tables put in place and
//! its `file` fences added; an example of `file` fences alone is the upload as it stands.

use crate::intake_support::*;
use homeward::intake::{IntakeResult, Source, read};
use homeward::spec::{CheckKind, Example, Fence, Rule};
use std::collections::BTreeMap;
use tempfile::TempDir;

fn files<'r>(rule: &'r Rule, example: &Example) -> Vec<&'r Fence> {
    let is_of = |fence: &&Fence| fence.headings.get(2) == Some(&example.title) && fence.language == "file";
    rule.page.fences.iter().filter(is_of).collect()
}

fn read_example(rule: &Rule, example: &Example) -> IntakeResult {
    let files = files(rule, example);
    if let ([one], []) = (files.as_slice(), example.tables.as_slice())
        && !one.argument.ends_with(".csv")
    {
        return upload(&one.argument, one.text.as_bytes());
    }
    let mut texts: BTreeMap<String, &str> = BTreeMap::new();
    let base = tables();
    if !example.tables.is_empty() {
        texts.extend(base.iter().map(|(name, text)| (format!("{name}.csv"), text.as_str())));
        texts.extend(example.tables.iter().map(|(name, text)| (format!("{name}.csv"), text.as_str())));
    }
    texts.extend(files.iter().map(|fence| (fence.argument.clone(), fence.text.as_str())));
    let folder = TempDir::new().expect("a folder");
    for (name, text) in texts {
        std::fs::write(folder.path().join(name), text).expect("a file is written");
    }
    read(&Source::Folder(folder.path().into()), specification(), &options()).expect("an example is read")
}

#[test]
fn every_example_gives_exactly_its_findings() {
    let mut wrong = Vec::new();
    let mut run = 0;
    for rule in specification().rules.values().filter(|rule| rule.kind == CheckKind::Intake) {
        for example in &rule.examples {
            run += 1;
            let result = read_example(rule, example);
            let mut expected: Vec<_> = (example.findings.iter())
                .map(|one| (rule.code.clone(), one.table.clone(), one.row, one.field.clone()))
                .collect();
            let mut found: Vec<_> = (result.findings.iter())
                .map(|one| {
                    (one.code.clone(), one.at.table.clone().unwrap_or_default(), one.at.row, one.at.field.clone())
                })
                .collect();
            expected.sort();
            found.sort();
            if expected != found || example.title.starts_with("Fails") == expected.is_empty() {
                let place = format!("{}, line {}: {}", rule.page.path, example.line, example.title);
                wrong.push(format!("{place}\n  expected {expected:?}\n  found {found:?}\n{}", told(&result)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(run >= 50, "{run} examples ran");
}

#[test]
fn every_rule_of_intake_has_its_page() {
    let codes: Vec<_> = specification().rules.values().filter(|rule| rule.kind == CheckKind::Intake).collect();
    let expected: Vec<_> = (1..=21).map(|number| format!("F{number:02}")).collect();
    assert_eq!(codes.iter().map(|rule| rule.code.clone()).collect::<Vec<_>>(), expected);
    assert!(codes.iter().all(|rule| rule.severity.name() == "reject"));
}
