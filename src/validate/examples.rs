//! Runs the examples of rules: what fails must give exactly the findings expected, what passes must give none.

use super::ValidateError;
use super::collect::Collected;
use super::privacy::{self, Headings, PrivacyContext};
use super::refused::Refused;
use super::rules::{OtherTables, RulesContext, YearPlans, run};
use super::templates::Templates;
use super::values::{self, TypedReturn, ValuesContext, YearSchemas};
use crate::domain::finding::Finding;
use crate::domain::place::{Container, ContainerKind};
use crate::domain::table::{RowPlaces, TextColumn, TextReturn, TextTable};
use crate::spec::{CheckKind, Collection, Example, ExpectedFinding, Rule, Specification, others_shape};
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Runs the examples of one specification; compiles what they need once.
#[derive(Debug)]
pub struct ExampleRunner<'a> {
    specification: &'a Specification,
    collection: &'a Collection,
    schemas: YearSchemas,
    templates: Templates,
    headings: Headings,
}

/// An example that does not give what it says, as a sentence with file and line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    pub file: String,
    pub line: usize,
    pub problem: String,
    /// Whether the rule ran over an example and found something else than the example says. Otherwise the page or its query is
    /// at fault before any example is looked at.
    pub is_of_example: bool,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}, line {}: {}", self.file, self.line, self.problem)
    }
}

/// The tables of an example, by whose they are.
#[derive(Default)]
struct ExampleTables {
    own: TextReturn,
    previous: Option<TextReturn>,
    others: Option<TextReturn>,
}

impl<'a> ExampleRunner<'a> {
    pub fn new(specification: &'a Specification) -> Result<Self, ValidateError> {
        let collection = specification
            .collection(&specification.examples_for)
            .ok_or_else(|| ValidateError::UnknownCollection { collection: specification.examples_for.clone() })?;
        let schemas = YearSchemas::compile(specification, collection)?;
        let (templates, headings) = (Templates::of(specification), Headings::of(specification)?);
        Ok(Self { specification, collection, schemas, templates, headings })
    }

    /// Every mismatch of every rule whose kind is not intake; those are tested where files are read.
    pub fn run_all(&self) -> Vec<Mismatch> {
        let rules = self.specification.rules.values().filter(|rule| rule.kind != CheckKind::Intake);
        rules.flat_map(|rule| self.run_rule(rule)).collect()
    }

    /// The mismatches of one rule: too few examples, a query that does not plan, or findings other than expected.
    pub fn run_rule(&self, rule: &Rule) -> Vec<Mismatch> {
        let mismatch = |line: usize, problem: String| {
            let file = rule.page.path.clone();
            Mismatch { file, line, problem, is_of_example: false }
        };
        let mut found = Vec::new();
        let failing = rule.examples.iter().filter(|example| !example.findings.is_empty()).count();
        let passing = rule.examples.len() - failing;
        if failing < 2 || passing < 2 {
            let problem = format!(
                "{} has {failing} examples that fail and {passing} that pass; give at least two of each",
                rule.code
            );
            found.push(mismatch(1, problem));
        }
        for example in &rule.examples {
            let says_fails = example.title.starts_with("Fails");
            let says_passes = example.title.starts_with("Passes");
            if says_fails == example.findings.is_empty() || says_passes != example.findings.is_empty() {
                let problem = format!(
                    "the example “{}” begins with neither `Passes:` nor `Fails:`, or does not agree with its findings",
                    example.title
                );
                found.push(mismatch(example.line, problem));
            }
        }
        let plans = match rule.kind {
            CheckKind::Query => match YearPlans::plan_one(self.specification, self.collection, rule) {
                Ok(plans) => {
                    found.extend(plans.faults().into_iter().map(|problem| mismatch(rule.sql_line, problem)));
                    Some(plans)
                }
                Err(error) => {
                    found.push(mismatch(rule.sql_line, error.to_string()));
                    return found;
                }
            },
            _ => None,
        };
        for example in &rule.examples {
            let (problem, is_of_example) = match self.findings(rule, plans.as_ref(), example) {
                Ok(findings) => (difference(example, &findings), true),
                Err(problem) => (Some(problem), false),
            };
            found.extend(problem.map(|problem| {
                let problem = format!("“{}”: {problem}", example.title);
                Mismatch { is_of_example, ..mismatch(example.line, problem) }
            }));
        }
        found
    }

    /// What the rule finds in an example.
    fn findings(
        &self,
        rule: &Rule,
        plans: Option<&YearPlans>,
        example: &Example,
    ) -> Result<Vec<ExpectedFinding>, String> {
        let tables = self.tables(example, rule.kind)?;
        let mut collected = Collected::default();
        match plans {
            Some(plans) => self.query(plans, &tables, &mut collected)?,
            None => self.pipeline(rule, &tables, &mut collected)?,
        }
        let (findings, _) = collected.finish(self.specification);
        Ok(findings.into_iter().filter(|finding| finding.code == rule.code).map(expected).collect())
    }

    fn query(&self, plans: &YearPlans, tables: &ExampleTables, collected: &mut Collected) -> Result<(), String> {
        let typed = |text: &TextReturn| self.typed(text, false, &mut Collected::default());
        let own = self.complete(typed(&tables.own)?);
        let previous = tables.previous.as_ref().map(typed).transpose()?;
        let others = tables.others.as_ref().map(|text| self.others(text)).transpose()?;
        let context = RulesContext {
            specification: self.specification,
            plans,
            text: &tables.own,
            typed: &own,
            previous: previous.as_ref(),
            others: others.as_ref(),
            incomplete: &BTreeSet::new(),
        };
        let run = run(&context, collected).map_err(|error| error.to_string())?;
        // An example may show a row that is not checked; a rule that fails, or has nothing to compare with, is a fault.
        let failed = run.not_checked.iter().find(|entry| entry.rows.is_empty());
        failed.map_or(Ok(()), |entry| Err(entry.because.clone()))
    }

    fn pipeline(&self, rule: &Rule, tables: &ExampleTables, collected: &mut Collected) -> Result<(), String> {
        if rule.kind == CheckKind::Privacy {
            let (specification, headings, templates) = (self.specification, &self.headings, &self.templates);
            let context = PrivacyContext { specification, headings, templates };
            privacy::search(&context, tables.own.tables.iter(), collected, &mut Refused::default());
            return Ok(());
        }
        self.typed(&tables.own, true, collected).map(|_| ())
    }

    fn typed(
        &self,
        text: &TextReturn,
        absent_is_missing: bool,
        collected: &mut Collected,
    ) -> Result<TypedReturn, String> {
        let context = ValuesContext {
            specification: self.specification,
            collection: self.collection,
            schemas: &self.schemas,
            templates: &self.templates,
            incomplete: &BTreeSet::new(),
            absent_is_missing,
            show_values: true,
            refused: &Refused::default(),
        };
        values::check(&context, text, collected).map(|(typed, _)| typed).map_err(|error| error.to_string())
    }

    /// In an example of a query a row needs no parent: only the tables that matter are there.
    fn complete(&self, mut typed: TypedReturn) -> TypedReturn {
        for unusable in typed.unusable.values_mut() {
            unusable.orphans.clear();
        }
        typed.unusable.retain(|_, unusable| !unusable.is_empty());
        typed
    }

    fn others(&self, text: &TextReturn) -> Result<OtherTables, String> {
        let typed = self.typed(text, false, &mut Collected::default())?;
        let mut others = OtherTables::new();
        for (name, batch) in typed.tables {
            let Some(table) = self.specification.table(&name) else { continue };
            let shape = others_shape(table);
            let mut columns = batch.columns().to_vec();
            if shape.fields().len() > columns.len() {
                let of = text.table(&name).and_then(|text| text.column("LA"));
                let cells = (0..batch.num_rows()).map(|row| of.map(|column| column.text(row)));
                columns.push(Arc::new(cells.collect::<StringArray>()) as ArrayRef);
            }
            let batch = RecordBatch::try_new(shape, columns).map_err(|error| error.to_string())?;
            others.insert(name, vec![batch]);
        }
        Ok(others)
    }

    fn tables(&self, example: &Example, kind: CheckKind) -> Result<ExampleTables, String> {
        let mut tables = ExampleTables::default();
        for (name, csv) in &example.tables {
            let (of, name) = name.split_once('.').unwrap_or(("", name));
            let strange: &[&str] = if of == "others" { &["LA"] } else { &[] };
            let table = self.text_table(name, csv, Some(strange).filter(|_| kind != CheckKind::Privacy))?;
            match of {
                "" => tables.own.tables.push(table),
                "previous" => tables.previous.get_or_insert_default().tables.push(table),
                "others" => tables.others.get_or_insert_default().tables.push(table),
                _ => return Err(format!("the example has tables of {of}; there are `previous` and `others`")),
            }
        }
        Ok(tables)
    }

    /// A table of an example, its rows numbered as a spreadsheet does. Headings that the specification does not know
    /// are those of `further`, or any where it is none.
    fn text_table(&self, name: &str, csv: &str, further: Option<&[&str]>) -> Result<TextTable, String> {
        let mut reader = csv::ReaderBuilder::new().from_reader(csv.as_bytes());
        let headings = reader.headers().map_err(|error| error.to_string())?.clone();
        let table = self.specification.table(name);
        for heading in &headings {
            let known = table.is_some_and(|table| table.field(heading.trim()).is_some());
            if !known && further.is_some_and(|further| !further.contains(&heading.trim())) {
                return Err(format!("the table {name} has no field {heading}"));
            }
        }
        let mut columns: Vec<TextColumn> =
            (0_u32..).zip(&headings).map(|(position, heading)| TextColumn::new(heading.trim(), position)).collect();
        let mut places = RowPlaces::default();
        for (row, record) in (2_u32..).zip(reader.records()) {
            let record = record.map_err(|error| error.to_string())?;
            for (column, cell) in columns.iter_mut().zip(&record) {
                column.push(cell);
            }
            places.rows.push(row);
        }
        let container = Container { kind: ContainerKind::Csv, name: format!("{name}.csv") };
        Ok(TextTable { name: name.to_owned(), container, columns, places, blank_rows: 0 })
    }
}

fn expected(finding: Finding) -> ExpectedFinding {
    ExpectedFinding {
        table: finding.at.table.unwrap_or_default(),
        row: finding.at.row,
        field: finding.at.field,
        other: finding.also.and_then(|also| also.row),
        message: Some(finding.message.into_revealed()),
    }
}

/// A finding without what the example does not speak of.
fn as_far_as_told(example: &Example, found: &ExpectedFinding) -> ExpectedFinding {
    let tells_other = example.findings.iter().any(|finding| finding.other.is_some());
    let tells_message = example.findings.iter().any(|finding| finding.message.is_some());
    ExpectedFinding {
        other: found.other.filter(|_| tells_other),
        message: found.message.clone().filter(|_| tells_message),
        ..found.clone()
    }
}

/// What was expected and not found, and found and not expected.
fn difference(example: &Example, found: &[ExpectedFinding]) -> Option<String> {
    let found: Vec<ExpectedFinding> = found.iter().map(|finding| as_far_as_told(example, finding)).collect();
    let mut counts: BTreeMap<&ExpectedFinding, i32> = BTreeMap::new();
    for finding in &found {
        *counts.entry(finding).or_default() += 1;
    }
    for finding in &example.findings {
        *counts.entry(finding).or_default() -= 1;
    }
    let shown = |finding: &ExpectedFinding| {
        let number = |row: Option<u32>| row.map(|row| row.to_string()).unwrap_or_default();
        let mut line =
            format!("{},{},{}", finding.table, number(finding.row), finding.field.as_deref().unwrap_or_default());
        line.extend(finding.other.map(|other| format!(",{other}")));
        line.extend(finding.message.iter().map(|message| format!(",{message}")));
        line
    };
    let of = |wanted: fn(i32) -> bool| {
        let lines: Vec<String> =
            counts.iter().filter(|(_, count)| wanted(**count)).map(|(finding, _)| shown(finding)).collect();
        if lines.is_empty() { "nothing".to_owned() } else { lines.join(" and ") }
    };
    counts.values().any(|count| *count != 0).then(|| {
        format!("found but not expected: {}; expected but not found: {}", of(|count| count > 0), of(|count| count < 0))
    })
}
