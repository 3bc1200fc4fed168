//! The plans of one collection year: every query rule planned once.

use crate::domain::period::Period;
use crate::engine::{DataFusionEngine, Parameter, PlannedQuery, QueryEngine, TableShape};
use crate::spec::{
    CheckKind, Collection, Rule, Scope, Specification, code_columns, code_shape, others_shape, table_shape,
};
use crate::validate::ValidateError;
use crate::validate::templates;
use arrow::array::RecordBatch;
use chrono::Days;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Columns of a rule's answer that are not facts.
pub(super) const PLACES: [&str; 3] = ["_row", "_other_row", "_field"];

/// One rule and its plan.
#[derive(Debug)]
pub(super) struct PlannedRule {
    pub(super) rule: Rule,
    pub(super) query: Arc<dyn PlannedQuery>,
    /// For each table of the return or the last return, by qualified name, the fields whose cells must be usable.
    pub(super) needs: BTreeMap<String, BTreeSet<String>>,
}

impl PlannedRule {
    pub(super) fn reads(&self, schema: &str) -> bool {
        self.query.tables().iter().any(|table| table.split_once('.').is_some_and(|(found, _)| found == schema))
    }

    /// The tables of the return itself that it reads.
    pub(super) fn own_tables(&self) -> impl Iterator<Item = &str> {
        self.query.tables().iter().map(String::as_str).filter(|name| !name.contains('.') && !name.starts_with("codes_"))
    }
}

/// Everything that is planned for one collection year.
#[derive(Debug)]
pub(in crate::validate) struct YearPlans {
    pub(super) rules: Vec<PlannedRule>,
    /// The code lists as tables; every return shares them.
    pub(super) codes: Vec<(String, RecordBatch)>,
}

impl YearPlans {
    /// Plans all rules that apply in the year; the first that does not plan is the error.
    pub(in crate::validate) fn plan(
        specification: &Specification,
        collection: &Collection,
    ) -> Result<Self, ValidateError> {
        let engine = engine(specification, collection)?;
        let rules = specification.rules.values();
        let rules = rules.filter(|rule| rule.kind == CheckKind::Query && rule.applies_in(collection.year));
        let rules = rules.map(|rule| plan(rule, specification, &engine)).collect::<Result<_, _>>()?;
        Ok(Self { rules, codes: codes(specification)? })
    }

    /// For each table of other authorities that a rule reads, the columns that can change its answer.
    pub(in crate::validate) fn columns_of_others(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut columns: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for rule in &self.rules {
            for (table, read) in rule.query.scanned_columns() {
                if let Some(table) = table.strip_prefix("others.") {
                    columns.entry(table.to_owned()).or_default().extend(read.iter().cloned());
                }
            }
        }
        columns
    }

    /// Plans one rule, for its examples.
    pub(in crate::validate) fn plan_one(
        specification: &Specification,
        collection: &Collection,
        rule: &Rule,
    ) -> Result<Self, ValidateError> {
        let engine = engine(specification, collection)?;
        Ok(Self { rules: vec![plan(rule, specification, &engine)?], codes: codes(specification)? })
    }

    /// Turns the order of the rules round, and then by so many, to show that it changes nothing.
    #[cfg(test)]
    pub(in crate::validate) fn turn(&mut self, by: usize) {
        self.rules.reverse();
        let by = by % self.rules.len().max(1);
        self.rules.rotate_left(by);
    }

    /// What is wrong with rules that nevertheless plan: a field that is read and neither named nor part of a key, whose
    /// unusable cells would pass for empty ones, and joins whose work is the product of two tables.
    pub(in crate::validate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for planned in &self.rules {
            let code = &planned.rule.code;
            for (table, columns) in planned.query.scanned_columns() {
                if table.contains('.') || table.starts_with("codes_") {
                    continue;
                }
                let needs = planned.needs.get(table);
                let named = |column: &&String| needs.is_some_and(|needs| needs.contains(*column));
                for column in columns.iter().filter(|column| *column != "_row" && !named(column)) {
                    faults.push(format!("{code} reads {table}.{column}, which its `fields` do not name"));
                }
            }
            if planned.query.joins_without_equality() > 0 {
                faults.push(format!("{code} has a join without an equality: every row meets every row"));
            }
        }
        faults
    }
}

fn codes(specification: &Specification) -> Result<Vec<(String, RecordBatch)>, ValidateError> {
    let table = |list| {
        let batch = code_columns(list).map_err(|_| ValidateError::Columns { table: format!("codes_{}", list.name) })?;
        Ok((format!("codes_{}", list.name), batch))
    };
    specification.codes.values().map(table).collect()
}

/// An engine that knows the tables and parameters of a year.
fn engine(specification: &Specification, collection: &Collection) -> Result<DataFusionEngine, ValidateError> {
    let mut shapes = Vec::new();
    for table in &specification.tables {
        let own = table_shape(table);
        let shape = |schema: Option<&str>, columns| TableShape {
            schema: schema.map(str::to_owned),
            name: table.name.clone(),
            columns,
        };
        shapes.push(shape(None, Arc::clone(&own)));
        shapes.push(shape(Some("previous"), own));
        shapes.push(shape(Some("others"), others_shape(table)));
    }
    for list in specification.codes.values() {
        let columns = code_shape(list);
        shapes.push(TableShape { schema: None, name: format!("codes_{}", list.name), columns });
    }
    let Period { start, end } = collection.period;
    let previous_end = start.checked_sub_days(Days::new(1)).unwrap_or(start);
    let parameters = BTreeMap::from([
        ("period_start".to_owned(), Parameter::Date(start)),
        ("period_end".to_owned(), Parameter::Date(end)),
        ("horizon_start".to_owned(), Parameter::Date(collection.horizon_start(specification.horizon))),
        ("window_start".to_owned(), Parameter::Date(collection.window_start(specification.horizon))),
        ("previous_end".to_owned(), Parameter::Date(previous_end)),
        ("year".to_owned(), Parameter::Integer(i64::from(collection.year))),
    ]);
    DataFusionEngine::new(&shapes, &parameters)
        .map_err(|source| ValidateError::Engine { collection: collection.id.clone(), source })
}

fn plan(rule: &Rule, specification: &Specification, engine: &dyn QueryEngine) -> Result<PlannedRule, ValidateError> {
    let file = || rule.page.path.clone();
    let wrong = |problem: String| ValidateError::Rule { file: file(), line: rule.sql_line, problem };
    let query = engine.plan(rule.sql.as_deref().unwrap_or_default()).map_err(|source| ValidateError::Plan {
        code: rule.code.clone(),
        file: file(),
        line: rule.sql_line,
        source,
    })?;
    let columns: Vec<&str> = query.columns().fields().iter().map(|field| field.name().as_str()).collect();
    if !columns.contains(&"_row") {
        return Err(wrong("the query of a rule returns `_row`: null where the finding stands on no row".to_owned()));
    }
    if rule.tables.is_empty() {
        return Err(wrong("`tables` is empty: name the table on which the findings stand".to_owned()));
    }
    for name in templates::names(&rule.message) {
        if !columns.contains(&name) || PLACES.contains(&name) {
            return Err(wrong(format!("the message speaks of {{{name}}}, which the query does not return")));
        }
    }
    Ok(PlannedRule { needs: needs(rule, specification, query.as_ref()), rule: rule.clone(), query })
}

/// The declared fields, and of every table the key and parent fields that the query reads: a row whose key cannot be
/// read would be taken for a row that is not there.
fn needs(rule: &Rule, specification: &Specification, query: &dyn PlannedQuery) -> BTreeMap<String, BTreeSet<String>> {
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for qualified in query.tables() {
        let (schema, name) =
            qualified.split_once('.').map_or((None, qualified.as_str()), |(one, two)| (Some(one), two));
        if schema == Some("others") {
            continue;
        }
        let Some(table) = specification.table(name) else { continue };
        let declared = rule.fields.iter().filter_map(|field| field.split_once('.'));
        let declared = declared.filter(|(of, _)| *of == name).map(|(_, field)| field.to_owned());
        let mut fields: BTreeSet<String> = declared.collect();
        let scanned = query.scanned_columns().get(qualified);
        let keys = table.key.iter().chain(table.parent.iter().flat_map(|parent| &parent.on)).chain(
            // The fields by which rows fall together tell which others are to be left out.
            if let Scope::Together(fields) = &rule.scope { fields.iter() } else { [].iter() },
        );
        fields.extend(keys.filter(|key| scanned.is_some_and(|scanned| scanned.contains(*key))).cloned());
        needs.insert(qualified.clone(), fields);
    }
    needs
}
