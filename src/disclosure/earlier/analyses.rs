//! Analyses of earlier releases of the year: curves, tests and models are made anew only when enough may have changed.
//!
//! Two versions of a curve differ by the children whose histories were corrected, and nothing hides how few they were. So
//! a line of an analysis (a curve's group, a test's characteristic, a model as a whole) stands as it stood while the
//! authorities that sent again since it was made have fewer units in it than a group must have to be shown at all, with
//! fewer events or fewer units without one. What is published again as it was tells nothing.

use super::super::cleared::{ClearedRow, ClearedTable, ClearedTables, Place, Shown, columns};
use super::super::error::DisclosureError;
use super::super::policy::{Policies, Policy};
use super::release::rows;
use super::shown::{Earlier, EarlierTables};
use crate::aggregate::{AnalysisKind, Definition, RawTable, RawTables, RowKey};
use std::collections::{BTreeMap, BTreeSet};

/// For each analysis, the rows that stand as they stood.
pub(in crate::disclosure) type Kept = BTreeMap<String, BTreeMap<RowKey, Vec<Shown>>>;

type Line = Option<(usize, usize)>;

pub(super) fn kept(raw: &RawTables, policies: &Policies, earlier: &Earlier) -> Result<Kept, DisclosureError> {
    let mut kept = Kept::new();
    let releases: Vec<&EarlierTables> = earlier.of_year(raw.year).collect();
    for table in raw.tables.iter().filter(|table| table.definition.unit_analysis().is_some()) {
        let definition = &table.definition;
        let policy = policies.of(&definition.id, &definition.policy)?;
        let then: Vec<(&EarlierTables, BTreeMap<RowKey, Vec<Shown>>)> =
            releases.iter().filter_map(|release| Some((*release, figures(release, table, raw)?))).collect();
        let Some((_, last)) = then.last().filter(|_| policy.protect) else { continue };
        let mut lines: BTreeMap<Line, Vec<RowKey>> = BTreeMap::new();
        for key in definition.rows() {
            lines.entry(line_of(definition, &key)).or_default().push(key);
        }
        for (line, keys) in lines {
            let same = |one: &BTreeMap<RowKey, Vec<Shown>>| keys.iter().all(|key| one.get(key) == last.get(key));
            // The returns that it was made from are those of the first release that shows it like this.
            let Some((made, _)) = then.iter().rev().take_while(|(_, one)| same(one)).last() else { continue };
            if enough(policy, table, raw, line, &sent_again(raw, made, earlier)) {
                continue;
            }
            let hidden = vec![Shown::Confidential; columns(definition).len()];
            let rows = kept.entry(definition.id.clone()).or_default();
            rows.extend(keys.into_iter().map(|key| {
                let figures = last.get(&key).unwrap_or(&hidden).clone();
                (key, figures)
            }));
        }
    }
    Ok(kept)
}

/// The line that a row is part of: a model is one.
fn line_of(definition: &Definition, key: &RowKey) -> Line {
    let model = definition.unit_analysis().is_some_and(|analysis| analysis.kind == AnalysisKind::Hazard);
    key.breakdown.filter(|_| !model)
}

/// England's rows as a release shows them; none where it has no such table, and no rows where its columns are others.
fn figures(release: &EarlierTables, table: &RawTable, raw: &RawTables) -> Option<BTreeMap<RowKey, Vec<Shown>>> {
    let then = release.tables.get(&table.definition.id)?;
    let wanted = columns(&table.definition);
    if wanted.iter().any(|column| !then.columns.contains(&column.name)) {
        return Some(BTreeMap::new());
    }
    let (rows, _) = rows(&table.definition, then, &raw.geography);
    Some(rows.into_iter().filter(|row| row.place == Place::England).map(|row| (row.key, row.figures)).collect())
}

/// The authorities whose return is another than it was in a release.
fn sent_again(raw: &RawTables, release: &EarlierTables, earlier: &Earlier) -> Vec<usize> {
    let code = |at: &usize| &raw.geography.authorities[*at].code;
    let again = |at: &usize| release.returns.get(code(at)) != earlier.returns.get(code(at));
    (0..raw.geography.authorities.len()).filter(again).collect()
}

/// Whether so many units may have changed that they could be shown as a group.
fn enough(policy: &Policy, table: &RawTable, raw: &RawTables, line: Line, again: &[usize]) -> bool {
    let rows = table.definition.rows();
    let of_line = || rows.iter().enumerate().filter(|(_, key)| key.breakdown == line).map(|(row, _)| row);
    let (Some(first), Some(last)) = (of_line().next(), of_line().next_back()) else { return false };
    // Nobody is counted in an authority without a return.
    let counted = || again.iter().filter(|at| raw.has_return[**at]);
    let units: i64 = counted().map(|at| table.count(*at, first, 0)).sum();
    let events: i64 = counted().map(|at| table.count(*at, last, 1)).sum();
    units >= policy.analysis_from && events >= policy.events_from && units - events >= policy.events_from
}

/// Puts the rows that stand into the tables, and says so beside them.
pub(in crate::disclosure) fn keep(tables: &mut ClearedTables, kept: &Kept) {
    for table in &mut tables.tables {
        let definition = table.definition().clone();
        let Some(rows) = kept.get(&definition.id) else { continue };
        let row = |row: &ClearedRow| {
            let figures = rows.get(&row.key).unwrap_or(&row.figures).clone();
            ClearedRow { figures, ..row.clone() }
        };
        *table = ClearedTable::new(definition.clone(), table.rows().iter().map(row).collect());
        let told = |figures: &[Shown]| figures.iter().any(|one| matches!(one, Shown::Number(1..) | Shown::Decimal(..)));
        let shown = rows.iter().filter(|(_, figures)| told(figures));
        let lines: BTreeSet<Line> = shown.map(|(key, _)| line_of(&definition, key)).collect();
        if lines.is_empty() {
            continue;
        }
        let sentence = format!(
            "{} lines stand as in the release before, because fewer returns that count in them were sent again since than can be shown",
            lines.len()
        );
        tables.notes.push((definition.id, sentence));
    }
}
