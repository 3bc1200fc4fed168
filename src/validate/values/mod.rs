//! Text tables become typed columns, judged by the JSON Schemas on each distinct value (V rules).

mod column;
mod hint;
mod keys;
mod lexical;
mod schema;
mod table;
mod typed;

#[cfg(test)]
mod tests;

pub(super) use schema::YearSchemas;
pub use typed::{TypedReturn, Unusable};

use super::ValidateError;
use super::collect::Collected;
use super::place::{location, record_key, shown_value};
use super::refused::Refused;
use super::templates::Templates;
use crate::domain::finding::{Finding, Severity};
use crate::domain::guarded::Guarded;
use crate::domain::report::NotChecked;
use crate::domain::table::{TextReturn, TextTable};
use crate::spec::{Collection, Specification};
use lexical::Lexicon;
use std::collections::{BTreeMap, BTreeSet};
use table::ReadTable;

/// What the reading of values needs to know.
pub(super) struct ValuesContext<'a> {
    pub(super) specification: &'a Specification,
    pub(super) collection: &'a Collection,
    pub(super) schemas: &'a YearSchemas,
    pub(super) templates: &'a Templates,
    /// Tables of which rows may be missing: nothing is said about parents in them.
    pub(super) incomplete: &'a BTreeSet<String>,
    /// Whether what is not there is missing: a required column makes its cells unusable, a parent table its rows orphans. Not
    /// so in examples of queries, which hold only what matters.
    pub(super) absent_is_missing: bool,
    /// Whether values and keys may be shown.
    pub(super) show_values: bool,
    /// Cells that an F or P rule refused: nothing more is said about them.
    pub(super) refused: &'a Refused,
}

/// A cell's text in the one form that its value has, however it was written: `1/5/2025` and `2025-05-01` are one day. Text
/// that cannot be read as its field's type, or whose field is not known, stays as it is.
pub(super) fn in_one_writing(
    specification: &Specification,
    table: Option<&str>,
    field: Option<&str>,
    text: &str,
) -> String {
    let field = table.and_then(|name| specification.table(name)).zip(field).and_then(|(table, name)| table.field(name));
    let (Some(field), Some(collection), false) = (field, specification.latest(), text.is_empty()) else {
        return text.to_owned();
    };
    let lexicon = Lexicon {
        kind: field.kind,
        list: field.codes.as_ref().and_then(|name| specification.codes.get(name)),
        register: &specification.register,
        period: collection.period,
    };
    lexicon.read(text).typed.map_or_else(|| text.to_owned(), |typed| typed.in_one_writing(text))
}

/// Reads every table that the specification knows.
pub(super) fn check(
    context: &ValuesContext<'_>,
    text: &TextReturn,
    collected: &mut Collected,
) -> Result<(TypedReturn, Vec<NotChecked>), ValidateError> {
    let mut read = Vec::new();
    for table in &context.specification.tables {
        let Some(text) = text.table(&table.name) else { continue };
        read.push(ReadTable::read(
            context.specification,
            context.collection,
            context.schemas,
            table,
            text,
            context.absent_is_missing,
        )?);
    }
    let mut not_checked = NotChecked {
        code: "V08".to_owned(),
        because: "Not checked where a key of the row, or of a row of its parent table, could not be read; put those \
                  cells right and check again."
            .to_owned(),
        rows: BTreeMap::new(),
        blocks: true,
    };
    for at in 0..read.len() {
        cell_findings(context, &read[at], collected);
        duplicate_findings(context, &read[at], collected);
        let Some(parent) = &read[at].table.parent else { continue };
        if context.incomplete.contains(&parent.table) {
            continue;
        }
        let mut found = match read.iter().find(|other| other.table.name == parent.table) {
            Some(known) => keys::parentage(&read[at], known, &parent.on),
            None if context.absent_is_missing => keys::Parentage::without_parent(&read[at]),
            None => continue,
        };
        orphan_findings(context, &read[at], &found.orphans, collected);
        if !found.unknown.is_empty() {
            not_checked.rows.insert(read[at].table.name.clone(), found.unknown.len() as u64);
        }
        found.orphans.append(&mut found.unknown);
        found.orphans.sort_unstable();
        read[at].unusable.orphans = found.orphans;
    }
    let mut typed = TypedReturn::default();
    for read in read {
        let name = &read.table.name;
        typed.tables.insert(name.clone(), read.batch);
        if !read.unusable.is_empty() {
            typed.unusable.insert(name.clone(), read.unusable);
        }
    }
    Ok((typed, if not_checked.rows.is_empty() { Vec::new() } else { vec![not_checked] }))
}

fn cell_findings(context: &ValuesContext<'_>, read: &ReadTable<'_>, collected: &mut Collected) {
    for (rule, fault, rows) in &read.faults {
        let code = fault.code();
        let field = rule.field.name.as_str();
        let facts = [("TABLE", read.table.name.as_str()), ("FIELD", field), ("EXPECTED", rule.expected.as_str())];
        let rows = context.refused.leave(&read.table.name, field, rows, |row| read.text.places.row(row as usize));
        collected.add_rows(code, &rows, |row| {
            let mut finding = finding(context, code, read.text, Some(row), Some(field), &facts);
            finding.expected = Some(rule.expected.clone());
            if context.show_values {
                let text = read.text.column(field).map_or("", |column| column.text(row as usize));
                if let Some(hint) = rule.hint(context.specification, context.collection, *fault, text) {
                    finding.message = Guarded::new(format!("{} {hint}", finding.message.reveal()));
                }
                finding.value = read.text.column(field).map(|column| shown_value(column.text(row as usize)));
            }
            finding
        });
    }
}

fn duplicate_findings(context: &ValuesContext<'_>, read: &ReadTable<'_>, collected: &mut Collected) {
    let found = keys::duplicates(read);
    let fields = read.table.key.join(", ");
    let first = read.table.key.first().map(String::as_str);
    let (rows, firsts): (Vec<u32>, Vec<u32>) = found.into_iter().unzip();
    let mut firsts = firsts.into_iter();
    collected.add_rows("V07", &rows, |row| {
        let other = firsts.next().and_then(|other| read.text.places.row(other as usize).map(|shown| (other, shown)));
        let shown = other.map(|(_, shown)| shown.to_string()).unwrap_or_default();
        let facts = [("TABLE", read.table.name.as_str()), ("KEY", fields.as_str()), ("OTHER_ROW", shown.as_str())];
        let mut finding = finding(context, "V07", read.text, Some(row), first, &facts);
        finding.also = other.map(|(other, _)| location(read.text, Some(other), first));
        finding
    });
}

fn orphan_findings(context: &ValuesContext<'_>, read: &ReadTable<'_>, rows: &[u32], collected: &mut Collected) {
    let Some(parent) = &read.table.parent else { return };
    let fields = parent.on.join(" and ");
    let first = parent.on.first().map(String::as_str);
    let facts = [("TABLE", read.table.name.as_str()), ("KEY", fields.as_str()), ("PARENT", parent.table.as_str())];
    collected.add_rows("V08", rows, |row| finding(context, "V08", read.text, Some(row), first, &facts));
}

fn finding(
    context: &ValuesContext<'_>,
    code: &str,
    text: &TextTable,
    row: Option<u32>,
    field: Option<&str>,
    facts: &[(&str, &str)],
) -> Finding {
    let facts: BTreeMap<String, String> =
        facts.iter().map(|(name, fact)| ((*name).to_owned(), (*fact).to_owned())).collect();
    let message = context.templates.render(code, &facts);
    let mut finding = Finding::new(code, context.templates.severity(code, Severity::Error), message);
    finding.at = location(text, row, field);
    if context.show_values {
        finding.key = record_key(context.specification, text, row);
    } else {
        finding.facts.clear();
    }
    finding.facts.extend(facts.into_iter().map(|(name, fact)| (name, Guarded::new(fact))));
    finding
}
