//! Cleared tables: the only figures that may leave the process. Nothing but this room makes one.

use super::derived::rounded;
use super::earlier::CarriedRow;
use crate::aggregate::{AnalysisKind, Definition, Geography, RowKey};
use std::fmt;

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    England,
    /// The number of the region in the geography.
    Region(usize),
    /// The number of the authority in the geography.
    Authority(usize),
}

impl Place {
    /// The authorities of the place, whether they made a return or not.
    pub(super) fn authorities(self, geography: &Geography) -> Vec<usize> {
        match self {
            Self::England => (0..geography.authorities.len()).collect(),
            Self::Region(region) => geography.within(region).collect(),
            Self::Authority(at) => vec![at],
        }
    }
}

/// What stands in a cell that is published.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shown {
    Number(i64),
    /// A value with so many decimals.
    Decimal(f64, u8),
    /// Hidden to protect children.
    Confidential,
    /// There is nothing that could be counted.
    NotApplicable,
    /// The authority made no accepted return.
    NotAvailable,
    /// It rounds to zero and is not zero.
    Low,
}

impl Shown {
    pub const fn number(self) -> Option<i64> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    /// A value rounded to so many decimals.
    pub(super) fn of(value: f64, decimals: u8) -> Self {
        if decimals == 0 {
            Self::Number(value.round() as i64)
        } else {
            Self::Decimal(rounded(value, decimals), decimals)
        }
    }
}

impl Shown {
    /// What a symbol of the published files stands for.
    pub fn of_symbol(symbol: &str) -> Option<Self> {
        let known = [Self::Confidential, Self::NotApplicable, Self::NotAvailable, Self::Low];
        known.into_iter().find(|shown| shown.to_string() == symbol)
    }
}

impl fmt::Display for Shown {
    /// The symbols of the Government Statistical Service.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(out, "{number}"),
            Self::Decimal(value, decimals) => write!(out, "{value:.*}", usize::from(*decimals)),
            Self::Confidential => out.write_str("c"),
            Self::NotApplicable => out.write_str("z"),
            Self::NotAvailable => out.write_str("x"),
            Self::Low => out.write_str("low"),
        }
    }
}

/// A column of figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub label: String,
    /// `%`, `£` or nothing.
    pub unit: &'static str,
    pub decimals: u8,
}

/// One row: a figure for each of the table's columns.
#[derive(Debug, Clone, PartialEq)]
pub struct ClearedRow {
    pub place: Place,
    pub key: RowKey,
    pub figures: Vec<Shown>,
}

/// A table that may be published.
#[derive(Debug, Clone, PartialEq)]
pub struct ClearedTable {
    definition: Definition,
    columns: Vec<Column>,
    rows: Vec<ClearedRow>,
    /// The rows of other years, the latest year first.
    pub(super) carried: Vec<CarriedRow>,
}

impl ClearedTable {
    pub(super) fn new(definition: Definition, rows: Vec<ClearedRow>) -> Self {
        let columns = columns(&definition);
        Self { definition, columns, rows, carried: Vec::new() }
    }

    pub const fn definition(&self) -> &Definition {
        &self.definition
    }

    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// England first, then the regions, then the authorities; within each in the order of the definition's rows.
    pub fn rows(&self) -> &[ClearedRow] {
        &self.rows
    }

    /// The rows of other years as they were published, the latest year first.
    pub fn carried(&self) -> &[CarriedRow] {
        &self.carried
    }

    /// The figure of a column in a row, by the labels people read.
    pub fn figure(&self, place: Place, filters: &[&str], breakdown: (&str, &str), column: &str) -> Option<Shown> {
        let column = self.columns.iter().position(|known| known.name == column)?;
        let row = self.rows.iter().find(|row| {
            let mut items = self.definition.filters.iter().zip(&row.key.filters).zip(filters);
            row.place == place
                && self.definition.breakdown_labels(&row.key) == breakdown
                && items.all(|((filter, item), wanted)| filter.items[*item] == *wanted)
        })?;
        row.figures.get(column).copied()
    }

    /// Hides a figure for the sake of another.
    pub(super) fn hide(&mut self, row: usize, column: usize) {
        self.rows[row].figures[column] = Shown::Confidential;
    }

    /// Shows a figure that was hidden: for tests of the audit.
    #[cfg(test)]
    pub(crate) fn show_again(&mut self, row: usize, column: usize, figure: Shown) {
        self.rows[row].figures[column] = figure;
    }
}

/// The columns of a table in their order: the units, then for each share its number, percentage and interval, then
/// further numbers, rates, means, medians, amounts of money.
pub(super) fn columns(definition: &Definition) -> Vec<Column> {
    let column = |name: &str, label: &str, unit, decimals| Column {
        name: name.to_owned(),
        label: label.to_owned(),
        unit,
        decimals,
    };
    let mut columns = vec![column(&definition.count.name, &definition.count.label, "", 0)];
    for share in &definition.shares {
        columns.push(column(&share.count, &share.count_label, "", 0));
        columns.push(column(&share.percent, &share.percent_label, "%", 0));
        if share.interval {
            for (end, label) in [("lower", "Lower end"), ("upper", "Upper end")] {
                let label = format!("{}: {} of its 95% interval", share.percent_label, label.to_lowercase());
                columns.push(column(&format!("{}_{end}", share.percent), &label, "%", 1));
            }
        }
    }
    for count in &definition.counts {
        columns.push(column(&count.name, &count.label, "", 0));
    }
    for rate in &definition.rates {
        columns.push(column(&rate.name, &rate.label, "", rate.decimals));
    }
    for mean in &definition.means {
        columns.push(column(&mean.name, &mean.label, "", mean.decimals));
    }
    for median in &definition.medians {
        columns.push(column(&median.name, &median.label, "", 0));
        for quartile in ["lower", "upper"] {
            let label = format!("{}: {quartile} quartile", median.label);
            columns.push(column(&format!("{}_{quartile}_quartile", median.name), &label, "", 0));
        }
    }
    for median in &definition.survival_medians {
        columns.push(column(&median.name, &median.label, "", 0));
        for end in ["lower", "upper"] {
            let label = format!("{}: {end} end of its 95% interval", median.label);
            columns.push(column(&format!("{}_{end}", median.name), &label, "", 0));
        }
    }
    for amount in &definition.amounts {
        columns.push(column(&amount.name, &amount.label, "£", 0));
    }
    if let Some(analysis) = &definition.analysis {
        let interval = |name: &str, label: &str, unit, decimals| {
            ["lower", "upper"].map(|end| {
                column(&format!("{name}_{end}"), &format!("{label}: {end} end of its 95% interval"), unit, decimals)
            })
        };
        let ratio = |name: &str, label: &str| {
            [vec![column(name, label, "", 2)], interval(name, label, "", 2).to_vec()].concat()
        };
        let p = || column("p_value", "Probability of as great a difference by chance (p)", "", 3);
        let reference = || column("reference", "Group that the others are compared with (1) or not (0)", "", 0);
        match analysis.kind {
            AnalysisKind::Curve => {
                if let Some(curve) = &analysis.curve {
                    columns.push(column(&curve.name, &curve.label, "%", 0));
                    columns.extend(interval(&curve.name, &curve.label, "%", 0));
                }
            }
            AnalysisKind::LogRank => {
                columns.push(column("logrank_statistic", "Log-rank statistic (chi-squared)", "", 2));
                columns.push(column("degrees_of_freedom", "Degrees of freedom", "", 0));
                columns.push(p());
            }
            AnalysisKind::Risk => {
                columns.extend(ratio("relative_risk", "Relative risk"));
                columns.push(reference());
            }
            AnalysisKind::Hazard => {
                columns.extend(ratio("hazard_ratio", "Adjusted hazard ratio"));
                columns.push(p());
                columns.push(reference());
            }
        }
    }
    columns
}

/// All tables of a release, protected together, with what everybody may know beside them.
#[derive(Debug, Clone, PartialEq)]
pub struct ClearedTables {
    pub(super) year: i32,
    pub(super) geography: Geography,
    pub(super) has_return: Vec<bool>,
    pub(super) merged: Vec<(usize, usize)>,
    pub(super) tables: Vec<ClearedTable>,
    pub(super) notes: Vec<(String, String)>,
}

impl ClearedTables {
    pub const fn year(&self) -> i32 {
        self.year
    }

    pub const fn geography(&self) -> &Geography {
        &self.geography
    }

    /// The authorities whose units are counted in another's row in protected tables: (authority, the other).
    pub fn merged(&self) -> &[(usize, usize)] {
        &self.merged
    }

    /// For each authority, whether it made an accepted return.
    pub fn has_return(&self) -> &[bool] {
        &self.has_return
    }

    pub fn tables(&self) -> &[ClearedTable] {
        &self.tables
    }

    pub fn table(&self, indicator: &str) -> Option<&ClearedTable> {
        self.tables.iter().find(|table| table.definition.id == indicator)
    }

    /// (indicator, sentence).
    pub fn notes(&self) -> &[(String, String)] {
        &self.notes
    }

    #[cfg(test)]
    pub(crate) fn table_mut(&mut self, indicator: &str) -> Option<&mut ClearedTable> {
        self.tables.iter_mut().find(|table| table.definition.id == indicator)
    }
}
