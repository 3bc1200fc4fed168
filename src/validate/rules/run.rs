//! Runs every rule of a year over one return. A rule that cannot run says so; it never vanishes.

use super::exclusion::{LeftOut, Returns, left_out, without};
use super::facts;
use super::plan::{PlannedRule, YearPlans};
use crate::domain::report::NotChecked;
use crate::domain::table::TextReturn;
use crate::engine::Tables;
use crate::spec::Specification;
use crate::validate::ValidateError;
use crate::validate::collect::Collected;
use crate::validate::values::TypedReturn;
use arrow::array::RecordBatch;
use std::collections::{BTreeMap, BTreeSet};

/// Tables of other authorities by name, with the columns of `spec::others_shape`.
pub type OtherTables = BTreeMap<String, Vec<RecordBatch>>;

/// What the rules of one return run over.
pub(in crate::validate) struct RulesContext<'a> {
    pub(in crate::validate) specification: &'a Specification,
    pub(in crate::validate) plans: &'a YearPlans,
    pub(in crate::validate) text: &'a TextReturn,
    pub(in crate::validate) typed: &'a TypedReturn,
    pub(in crate::validate) previous: Option<&'a TypedReturn>,
    pub(in crate::validate) others: Option<&'a OtherTables>,
    /// Tables of which rows may be missing because something was refused.
    pub(in crate::validate) incomplete: &'a BTreeSet<String>,
}

/// What came of the rules beside their findings.
#[derive(Debug, Default)]
pub(in crate::validate) struct RulesRun {
    pub(in crate::validate) not_checked: Vec<NotChecked>,
    /// How many rules ran, wholly or in part.
    pub(in crate::validate) ran: u64,
}

/// Runs every rule.
pub(in crate::validate) fn run(
    context: &RulesContext<'_>,
    collected: &mut Collected,
) -> Result<RulesRun, ValidateError> {
    let returns = Returns { own: context.typed, previous: context.previous };
    let all = tables(context, &BTreeMap::new())?;
    let mut without_rows: Vec<(BTreeMap<String, BTreeSet<u32>>, Tables)> = Vec::new();
    let mut done = RulesRun::default();
    for planned in &context.plans.rules {
        if let Some(not_checked) = cannot_run(planned, context) {
            done.not_checked.push(not_checked);
            continue;
        }
        let tables = match left_out(planned, returns) {
            LeftOut::Nothing => all.clone(),
            LeftOut::Everything(rows) => {
                done.not_checked.push(not_run(planned, &rows));
                continue;
            }
            LeftOut::Rows(rows) => {
                done.not_checked.push(in_part(planned, &rows));
                let known = without_rows.iter().position(|(known, _)| *known == rows);
                let at = match known {
                    Some(at) => at,
                    None => {
                        let made = tables(context, &rows)?;
                        without_rows.push((rows, made));
                        without_rows.len() - 1
                    }
                };
                without_rows[at].1.clone()
            }
        };
        match planned.query.run(&tables) {
            Ok(answer) => {
                done.ran += 1;
                facts::add(planned, &answer, context.specification, context.text, collected);
            }
            Err(error) => done.not_checked.push(NotChecked {
                code: planned.rule.code.clone(),
                because: format!("Not checked: {error}. This is a fault of the rule; tell the collection team."),
                rows: BTreeMap::new(),
                blocks: true,
            }),
        }
    }
    Ok(done)
}

/// The tables for the engine, without the rows that are left out.
fn tables(context: &RulesContext<'_>, left_out: &BTreeMap<String, BTreeSet<u32>>) -> Result<Tables, ValidateError> {
    let mut tables = Tables::new();
    let mut put = |qualified: String, batch: &RecordBatch| {
        let batch = match left_out.get(&qualified) {
            Some(rows) => without(batch, &qualified, rows)?,
            None => batch.clone(),
        };
        tables.insert(qualified, vec![batch]);
        Ok(())
    };
    for (name, batch) in &context.typed.tables {
        put(name.clone(), batch)?;
    }
    for (name, batch) in context.previous.iter().flat_map(|previous| &previous.tables) {
        put(format!("previous.{name}"), batch)?;
    }
    for (name, batch) in &context.plans.codes {
        put(name.clone(), batch)?;
    }
    for (name, batches) in context.others.into_iter().flatten() {
        tables.insert(format!("others.{name}"), batches.clone());
    }
    Ok(tables)
}

/// Why a rule has nothing to run on, if so.
fn cannot_run(planned: &PlannedRule, context: &RulesContext<'_>) -> Option<NotChecked> {
    let not_checked = |because: &str, blocks: bool| NotChecked {
        code: planned.rule.code.clone(),
        because: because.to_owned(),
        rows: BTreeMap::new(),
        blocks,
    };
    if let Some(table) = planned.own_tables().find(|table| context.incomplete.contains(*table)) {
        let because =
            format!("Not checked: the table {table} could not be read whole. Put that right and check again.");
        return Some(not_checked(&because, true));
    }
    if planned.reads("previous") && context.previous.is_none() && !planned.rule.previous_optional {
        return Some(not_checked("Not checked: there is no last return to compare with.", false));
    }
    if planned.reads("others") && context.others.is_none() {
        return Some(not_checked("Not checked: the returns of other authorities are not at hand here.", false));
    }
    None
}

fn counts(rows: &BTreeMap<String, BTreeSet<u32>>) -> BTreeMap<String, u64> {
    rows.iter().map(|(table, rows)| (table.clone(), rows.len() as u64)).collect()
}

/// What cannot be read of the last return cannot be put right in this one.
fn blocks(rows: &BTreeMap<String, BTreeSet<u32>>) -> bool {
    rows.keys().any(|table| !table.contains('.'))
}

fn said(rows: &BTreeMap<String, BTreeSet<u32>>) -> String {
    let part = |(table, rows): (&String, &BTreeSet<u32>)| match rows.len() {
        1 => format!("1 row of {table}"),
        many => format!("{many} rows of {table}"),
    };
    rows.iter().map(part).collect::<Vec<_>>().join(", ")
}

fn in_part(planned: &PlannedRule, rows: &BTreeMap<String, BTreeSet<u32>>) -> NotChecked {
    let said = said(rows);
    NotChecked {
        code: planned.rule.code.clone(),
        because: format!(
            "Not checked for {said}: a cell that the rule needs could not be used (V01 to V04) or a row has no parent \
             (V08), there or in a row that stands together with it. Put those right and check again."
        ),
        rows: counts(rows),
        blocks: blocks(rows),
    }
}

fn not_run(planned: &PlannedRule, rows: &BTreeMap<String, BTreeSet<u32>>) -> NotChecked {
    let said = said(rows);
    NotChecked {
        code: planned.rule.code.clone(),
        because: format!(
            "Not checked at all: {said} cannot be used (V01 to V04, V08), and the rule needs every row that could count. \
             Put those right and check again."
        ),
        rows: counts(rows),
        blocks: blocks(rows),
    }
}
