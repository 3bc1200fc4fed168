//! Runs every rule of a year over one return. A rule that cannot run, or must not, says so; it never vanishes.

use super::crowded::{Crowded, crowded};
use super::exclusion::{Cause, Exclusions, LeftOut, Returns, Rows, RowsByTable, cause, without};
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
use std::sync::Arc;

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

/// Runs every rule. Those that leave out the same rows run one after the other over the same tables, which are let go
/// before the next are made: copies without some rows are as large as the return.
pub(in crate::validate) fn run(
    context: &RulesContext<'_>,
    collected: &mut Collected,
) -> Result<RulesRun, ValidateError> {
    let returns = Returns { own: context.typed, previous: context.previous };
    let crowded = crowded(context.specification, returns)?;
    let mut done = RulesRun::default();
    let mut by_cause: BTreeMap<Option<Cause>, Vec<&PlannedRule>> = BTreeMap::new();
    for planned in &context.plans.rules {
        match cannot_run(planned, context, &crowded) {
            Some(not_checked) => done.not_checked.push(not_checked),
            None => by_cause.entry(cause(planned, returns)).or_default().push(planned),
        }
    }
    let mut exclusions = Exclusions::new(returns);
    for (cause, rules) in by_cause {
        let rows = match exclusions.left_out(cause.as_ref()) {
            LeftOut::Nothing => RowsByTable::new(),
            LeftOut::Rows(rows) => rows,
            LeftOut::Everything(rows) => {
                done.not_checked.extend(rules.iter().map(|planned| not_run(planned, &rows)));
                continue;
            }
        };
        let tables = tables(context, &rows)?;
        for planned in rules {
            if !rows.is_empty() {
                done.not_checked.push(in_part(planned, &rows));
            }
            run_one(planned, &tables, context, collected, &mut done);
        }
    }
    Ok(done)
}

fn run_one(
    planned: &PlannedRule,
    tables: &Tables,
    context: &RulesContext<'_>,
    collected: &mut Collected,
    done: &mut RulesRun,
) {
    match planned.query.run(tables) {
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

/// The tables for the engine, without the rows that are left out.
fn tables(context: &RulesContext<'_>, left_out: &RowsByTable) -> Result<Tables, ValidateError> {
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

/// Why a rule has nothing to run on, or must not run on what there is, if so.
fn cannot_run(
    planned: &PlannedRule,
    context: &RulesContext<'_>,
    crowded: &BTreeMap<String, Crowded>,
) -> Option<NotChecked> {
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
    // It blocks for a table of the last return too: whoever gives such a return must not be spared the comparison.
    if let Some(crowded) = planned.query.tables().iter().find_map(|table| crowded.get(table)) {
        return Some(not_checked(&crowded.told(), true));
    }
    if planned.reads("previous") && context.previous.is_none() && !planned.rule.previous_optional {
        return Some(not_checked("Not checked: there is no last return to compare with.", false));
    }
    if planned.reads("others") && context.others.is_none() {
        let because = "Not checked: a check that keeps nothing is not compared with other authorities' returns. It is when the \
                       return is sent.";
        return Some(not_checked(because, false));
    }
    None
}

fn counts(rows: &RowsByTable) -> BTreeMap<String, u64> {
    rows.iter().map(|(table, rows)| (table.clone(), rows.count)).collect()
}

/// What cannot be read of the last return cannot be put right in this one.
fn blocks(rows: &RowsByTable) -> bool {
    rows.keys().any(|table| !table.contains('.'))
}

fn said(rows: &RowsByTable) -> String {
    let part = |(table, rows): (&String, &Arc<Rows>)| match rows.count {
        1 => format!("1 row of {table}"),
        many => format!("{many} rows of {table}"),
    };
    rows.iter().map(part).collect::<Vec<_>>().join(", ")
}

fn in_part(planned: &PlannedRule, rows: &RowsByTable) -> NotChecked {
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

fn not_run(planned: &PlannedRule, rows: &RowsByTable) -> NotChecked {
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
