//! Reads rules: one Markdown file each, which is the rule, its test, its help page and its line in the catalogue.

use super::Specification;
use super::error::SpecificationError;
use super::files::SpecificationFiles;
use super::markdown::MarkdownFile;
use crate::domain::finding::Severity;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Which part of the pipeline makes a rule's findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckKind {
    /// While the upload is read: F rules.
    Intake,
    /// The search for direct identifiers: P rules.
    Privacy,
    /// Types, codes, keys and parents: V rules.
    Values,
    /// The SQL of the rule's own file.
    Query,
}

/// How far one unusable cell that a rule needs reaches: what stands together falls together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Only its own row is left out.
    Row,
    /// Every row, of every table the rule reads, with the same values in these fields is left out.
    Together(Vec<String>),
    /// The rule does not run.
    Whole,
}

/// One rule as its file gives it.
#[derive(Debug, Clone)]
pub struct Rule {
    pub code: String,
    pub severity: Severity,
    /// What is found, in one sentence: the published statement.
    pub statement: String,
    pub kind: CheckKind,
    /// The tables it speaks of; its findings stand on rows of the first.
    pub tables: Vec<String>,
    /// The fields it speaks of, as `table.FIELD`. It needs all of them to be usable. The first is where it points.
    pub fields: Vec<String>,
    pub scope: Scope,
    /// The table of a finding's other row.
    pub other_table: Option<String>,
    /// Whether it runs without a last return too; the last return's tables are then empty.
    pub previous_optional: bool,
    /// What people read: `{NAME}` stands for a column of the query.
    pub message: String,
    pub source: Option<String>,
    /// The first and last collection years in which it applies.
    pub from: Option<i32>,
    pub until: Option<i32>,
    pub sql: Option<String>,
    /// The line of the file where the SQL begins.
    pub sql_line: usize,
    pub why: String,
    pub cure: String,
    pub examples: Vec<Example>,
    pub page: MarkdownFile,
}

/// An example of a rule: tables in CSV, and what the rule finds in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    pub title: String,
    pub line: usize,
    /// (table, CSV text); `previous.` before the name for the last return's, `others.` for other authorities'.
    pub tables: Vec<(String, String)>,
    pub findings: Vec<ExpectedFinding>,
}

/// One line of a `findings` fence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedFinding {
    pub table: String,
    /// The row as a spreadsheet shows it; empty for a finding about a table or the whole return.
    pub row: Option<u32>,
    pub field: Option<String>,
    /// The other row of two that clash; looked at where a line of the fence gives one.
    #[serde(default)]
    pub other: Option<u32>,
    /// What people read; looked at where a line of the fence gives it.
    #[serde(default)]
    pub message: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleTable {
    code: String,
    severity: Severity,
    #[serde(default)]
    kind: Option<CheckKind>,
    #[serde(default)]
    tables: Vec<String>,
    #[serde(default)]
    fields: Vec<String>,
    /// `"row"`, `"whole"`, or a list of fields.
    #[serde(default)]
    scope: Option<toml::Value>,
    other_table: Option<String>,
    /// `"optional"`.
    previous: Option<String>,
    message: String,
    source: Option<String>,
    from: Option<i32>,
    until: Option<i32>,
}

impl Rule {
    pub fn applies_in(&self, year: i32) -> bool {
        self.from.is_none_or(|from| from <= year) && self.until.is_none_or(|until| year <= until)
    }
}

pub(super) fn parse_all(
    files: &SpecificationFiles,
    specification: &Specification,
) -> Result<BTreeMap<String, Rule>, SpecificationError> {
    let folder = format!("{}/rules", specification.id);
    files
        .within(&folder, ".md")
        .map(|(path, name, text)| {
            let rule = parse(MarkdownFile::parse(path, text)?)?;
            if rule.code != name {
                return Err(SpecificationError::wrong(
                    path,
                    1,
                    format!("the file of rule {} is named {name}", rule.code),
                ));
            }
            check_names(&rule, specification)?;
            Ok((rule.code.clone(), rule))
        })
        .collect()
}

fn parse(page: MarkdownFile) -> Result<Rule, SpecificationError> {
    let head = page.require("toml")?;
    let table: RuleTable = toml::from_str(&head.text)
        .map_err(|error| SpecificationError::toml(&page.path, head.line - 1, &head.text, &error))?;
    let wrong = |line: usize, problem: &str| SpecificationError::wrong(&page.path, line, problem);
    let statement = page
        .title
        .strip_prefix(&table.code)
        .and_then(|rest| rest.strip_prefix(": "))
        .ok_or_else(|| wrong(1, "the title is not `# CODE: statement`"))?
        .to_owned();
    let query = page.only("sql")?;
    let kind = table.kind.unwrap_or(CheckKind::Query);
    if (kind == CheckKind::Query) != query.is_some() {
        return Err(wrong(head.line, "a rule has either an `sql` fence or a `kind` other than query"));
    }
    let scope = match &table.scope {
        None => Scope::Row,
        Some(toml::Value::String(word)) if word == "row" => Scope::Row,
        Some(toml::Value::String(word)) if word == "whole" => Scope::Whole,
        Some(toml::Value::Array(fields)) if !fields.is_empty() => {
            Scope::Together(fields.iter().filter_map(|field| field.as_str().map(str::to_owned)).collect())
        }
        Some(_) => return Err(wrong(head.line, "scope is \"row\", \"whole\" or a list of fields")),
    };
    let previous_optional = match table.previous.as_deref() {
        None => false,
        Some("optional") => true,
        Some(_) => return Err(wrong(head.line, "previous is \"optional\" or left out")),
    };
    let section = |title: &str| {
        page.section(title).map(str::to_owned).ok_or_else(|| wrong(1, &format!("the section `## {title}` is missing")))
    };
    Ok(Rule {
        statement,
        kind,
        scope,
        sql: query.map(|fence| fence.text.clone()),
        sql_line: query.map_or(1, |fence| fence.line),
        why: section("Why it matters")?,
        cure: section("How to put it right")?,
        examples: examples(&page)?,
        code: table.code,
        severity: table.severity,
        tables: table.tables,
        fields: table.fields,
        other_table: table.other_table,
        previous_optional,
        message: table.message,
        source: table.source,
        from: table.from,
        until: table.until,
        page,
    })
}

/// Each third-level heading under *Examples* is one example: its `csv` fences, and `findings` where the rule finds something.
fn examples(page: &MarkdownFile) -> Result<Vec<Example>, SpecificationError> {
    let mut examples: Vec<Example> = Vec::new();
    for fence in &page.fences {
        let [_, section, title] = fence.headings.as_slice() else { continue };
        if section != "Examples" {
            continue;
        }
        if examples.last().is_none_or(|example| &example.title != title) {
            let (title, line) = (title.clone(), fence.line);
            examples.push(Example { title, line, tables: Vec::new(), findings: Vec::new() });
        }
        let Some(example) = examples.last_mut() else { continue };
        match fence.language.as_str() {
            "csv" => example.tables.push((fence.argument.clone(), fence.text.clone())),
            "findings" => {
                let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(fence.text.as_bytes());
                for (index, found) in reader.deserialize().enumerate() {
                    let line = fence.line + index + 1;
                    let found = found
                        .map_err(|error: csv::Error| SpecificationError::wrong(&page.path, line, error.to_string()))?;
                    example.findings.push(found);
                }
            }
            // Other fences of an example, such as `file`, belong to the tests of the room that reads them.
            _ => {}
        }
    }
    Ok(examples)
}

fn check_names(rule: &Rule, specification: &Specification) -> Result<(), SpecificationError> {
    let wrong = |problem: String| Err(SpecificationError::wrong(&rule.page.path, rule.page.fences[0].line, problem));
    for table in rule.tables.iter().chain(&rule.other_table).filter(|table| *table != "*") {
        if specification.table(table).is_none() {
            return wrong(format!("the table {table} is not in the specification"));
        }
    }
    for name in rule.fields.iter().filter(|name| *name != "*") {
        let known = name.split_once('.').and_then(|(table, field)| specification.table(table)?.field(field));
        if known.is_none() {
            return wrong(format!("the field {name} is not in the specification; fields are written table.FIELD"));
        }
    }
    for example in &rule.examples {
        for (table, _) in &example.tables {
            let own = table.rsplit('.').next().unwrap_or(table);
            if specification.table(own).is_none() {
                let problem = format!("the example has a table {table}, which is not in the specification");
                return Err(SpecificationError::wrong(&rule.page.path, example.line, problem));
            }
        }
    }
    Ok(())
}
