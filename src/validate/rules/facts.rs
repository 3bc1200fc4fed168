//! A rule's answer becomes findings: places, facts, messages.

use super::plan::{PLACES, PlannedRule};
use crate::domain::finding::Finding;
use crate::domain::guarded::Guarded;
use crate::domain::table::TextReturn;
use crate::spec::Specification;
use crate::validate::collect::{Collected, LISTED_AT_MOST};
use crate::validate::place::{location, record_key, shown_value};
use crate::validate::templates::fill;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use std::collections::BTreeMap;

/// Adds a finding for each row of the answer, in the order of the rows at fault.
pub(super) fn add(
    planned: &PlannedRule,
    answer: &RecordBatch,
    specification: &Specification,
    text: &TextReturn,
    collected: &mut Collected,
) {
    let row = whole_numbers(answer, "_row");
    let other = whole_numbers(answer, "_other_row");
    let mut order: Vec<usize> = (0..answer.num_rows()).collect();
    order.sort_by_key(|at| (row(*at), other(*at), *at));
    order.truncate(usize::try_from(LISTED_AT_MOST).unwrap_or(usize::MAX));
    let findings =
        order.into_iter().map(|at| finding(planned, answer, at, (row(at), other(at)), specification, text)).collect();
    collected.add(&planned.rule.code, answer.num_rows() as u64, findings);
}

fn finding(
    planned: &PlannedRule,
    answer: &RecordBatch,
    at: usize,
    (row, other): (Option<u32>, Option<u32>),
    specification: &Specification,
    text: &TextReturn,
) -> Finding {
    let rule = &planned.rule;
    let facts: BTreeMap<String, String> = facts(answer, at);
    let mut finding = Finding::new(&rule.code, rule.severity, fill(&rule.message, &facts));
    let table = rule.tables.first().map_or("", String::as_str);
    let pointed = match answer.schema().index_of("_field") {
        Ok(column) => Some(shown(answer.column(column).as_ref(), at)).filter(|name| !name.is_empty()),
        Err(_) => {
            let first = rule.fields.first().and_then(|field| field.split_once('.'));
            first.filter(|(of, _)| *of == table).map(|(_, field)| field.to_owned())
        }
    };
    match text.table(table) {
        Some(own) => {
            finding.at = location(own, row, pointed.as_deref());
            finding.key = record_key(specification, own, row);
            let cell = row.zip(pointed.as_deref()).and_then(|(row, field)| Some((row, own.column(field)?)));
            finding.value = cell.map(|(row, column)| shown_value(column.text(row as usize)));
        }
        None => {
            finding.at.table = Some(table.to_owned());
            finding.at.field = pointed;
        }
    }
    let other_table = rule.other_table.as_ref().and_then(|name| text.table(name)).or_else(|| text.table(table));
    finding.also = other.and_then(|other| Some(location(other_table?, Some(other), None)));
    finding.facts = facts.into_iter().map(|(name, fact)| (name, Guarded::new(fact))).collect();
    finding
}

/// Reads a column of row numbers; none where it is null or is not there.
fn whole_numbers<'a>(answer: &'a RecordBatch, name: &str) -> impl Fn(usize) -> Option<u32> + 'a {
    let column = answer.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
    move |at| column.filter(|column| column.is_valid(at)).and_then(|column| u32::try_from(column.value(at)).ok())
}

fn facts(answer: &RecordBatch, at: usize) -> BTreeMap<String, String> {
    let schema = answer.schema();
    let columns = schema.fields().iter().zip(answer.columns());
    let facts = columns.filter(|(field, _)| !PLACES.contains(&field.name().as_str()));
    facts.map(|(field, column)| (field.name().clone(), shown(column.as_ref(), at))).collect()
}

/// A fact as people read it: days as dd/mm/yyyy, numbers without needless noughts, nothing for null.
pub(in crate::validate) fn shown(column: &dyn Array, at: usize) -> String {
    if column.is_null(at) {
        return String::new();
    }
    match column.data_type() {
        DataType::Date32 => column
            .as_primitive::<Date32Type>()
            .value_as_date(at)
            .map_or_else(String::new, |day| day.format("%d/%m/%Y").to_string()),
        DataType::Float64 => decimal(column.as_primitive::<Float64Type>().value(at)),
        DataType::Boolean => if column.as_boolean().value(at) { "yes" } else { "no" }.to_owned(),
        _ => ArrayFormatter::try_new(column, &FormatOptions::default())
            .map_or_else(|_| String::new(), |formatter| formatter.value(at).to_string()),
    }
}

/// At most six decimals.
fn decimal(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
