//! The lines of a profile: each figure with what it rests on and what it is held against.

use super::{Line, Section};
use crate::aggregate::Definition;
use crate::aggregate::statistics::wilson;
use crate::disclosure::{OwnTable, Shown};
use crate::domain::authority::Authority;
use crate::publish::earlier::EarlierRelease;
use crate::publish::ees;
use crate::publish::layout::{COUNTRY, filters, items};

/// How a measure stands in the columns of a table.
struct Measure {
    column: String,
    /// The column of the number it rests on.
    rests_on: Option<String>,
    /// The column of the part, where it is a share.
    part: Option<String>,
    /// The columns of what lies below and above, where the table has them.
    ends: Option<(String, String)>,
    ends_are: &'static str,
}

const INTERVAL: &str = "95% interval";
const QUARTILES: &str = "lower and upper quartile";

pub(super) fn section(table: &OwnTable, authority: &Authority, published: Option<&EarlierRelease>) -> Section {
    let definition = table.definition();
    let measures = measures(definition);
    let columns = table.columns();
    let beside = Beside { indicator: &definition.id, authority, published };
    let mut lines = Vec::new();
    for (key, figures) in table.rows() {
        let items: Vec<String> = items(definition, key).into_iter().map(str::to_owned).collect();
        let value = |name: &str| columns.iter().position(|column| column.name == name).map(|at| figures[at]);
        for measure in &measures {
            let Some(column) = columns.iter().find(|column| column.name == measure.column) else { continue };
            let Some(own) = value(&measure.column) else { continue };
            let part = measure.part.as_ref().and_then(|name| value(name)).and_then(Shown::number);
            let rests_on = measure.rests_on.as_ref().and_then(|name| value(name));
            let between = measure.ends.as_ref().and_then(|(lower, upper)| value(lower).zip(value(upper)));
            let interval = || {
                let (lower, upper) = wilson(part?.unsigned_abs(), rests_on?.number()?.unsigned_abs())?;
                Some((Shown::Decimal(tenth(lower), 1), Shown::Decimal(tenth(upper), 1)))
            };
            lines.push(Line {
                released: beside.released(&items, &measure.column),
                region: beside.region(&items, &measure.column),
                england: beside.england(&items, &measure.column),
                items: items.clone(),
                measure: column.label.clone(),
                unit: column.unit,
                own,
                rests_on,
                ends: between.or_else(interval),
                ends_are: measure.ends_are,
                is_total: key.breakdown.is_none(),
            });
        }
    }
    Section {
        indicator: definition.id.clone(),
        label: definition.label.clone(),
        domain: definition.domain.clone(),
        about: definition.about.clone(),
        filters: filters(definition).into_iter().map(|filter| filter.label).collect(),
        lines,
    }
}

/// A share of one as a percentage to a tenth.
fn tenth(share: f64) -> f64 {
    (share * 1000.0).round() / 10.0
}

fn measures(definition: &Definition) -> Vec<Measure> {
    let count = &definition.count.name;
    let plain = |column: &str, rests_on: Option<&str>| Measure {
        column: column.to_owned(),
        rests_on: rests_on.map(str::to_owned),
        part: None,
        ends: None,
        ends_are: INTERVAL,
    };
    // The number that a mean or a median of a share's units rests on.
    let of = |of: Option<&str>| {
        let share = of.and_then(|of| definition.shares.iter().find(|share| share.column == of));
        share.map_or(count.as_str(), |share| share.count.as_str())
    };
    let mut measures = vec![plain(count, None)];
    for share in &definition.shares {
        let whole = of(share.of.as_deref());
        measures.push(Measure { part: Some(share.count.clone()), ..plain(&share.percent, Some(whole)) });
    }
    measures.extend(definition.rates.iter().map(|rate| plain(&rate.name, Some(&rate.denominator))));
    measures.extend(definition.means.iter().map(|mean| plain(&mean.name, Some(of(mean.of.as_deref())))));
    let ends = |name: &str, ends: [&str; 2]| Some((format!("{name}_{}", ends[0]), format!("{name}_{}", ends[1])));
    measures.extend(definition.medians.iter().map(|median| Measure {
        ends: ends(&median.name, ["lower_quartile", "upper_quartile"]),
        ends_are: QUARTILES,
        ..plain(&median.name, Some(of(median.of.as_deref())))
    }));
    measures.extend(definition.survival_medians.iter().map(|median| Measure {
        ends: ends(&median.name, ["lower", "upper"]),
        ..plain(&median.name, Some(of(median.of.as_deref())))
    }));
    measures.extend(definition.amounts.iter().map(|amount| plain(&amount.name, None)));
    measures
}

/// What everybody can read of the region and of England.
struct Beside<'a> {
    indicator: &'a str,
    authority: &'a Authority,
    published: Option<&'a EarlierRelease>,
}

impl Beside<'_> {
    fn released(&self, items: &[String], column: &str) -> Option<Shown> {
        self.read("Local authority", 5, &self.authority.code, items, column)
    }

    fn region(&self, items: &[String], column: &str) -> Option<Shown> {
        self.read("Regional", 3, &self.authority.region_gss, items, column)
    }

    fn england(&self, items: &[String], column: &str) -> Option<Shown> {
        self.read("National", 1, COUNTRY.0, items, column)
    }

    fn read(&self, level: &str, at: usize, code: &str, items: &[String], column: &str) -> Option<Shown> {
        let table = self.published?.table(self.indicator)?;
        let column = table.columns.iter().position(|known| known == column)?;
        let row = table.rows.iter().find(|row| row.place[0] == level && row.place[at] == code && row.items == items)?;
        row.figures.get(column).copied()
    }
}

const HEADINGS: [&str; 12] = [
    "indicator",
    "label",
    "filters",
    "measure",
    "unit",
    "own",
    "rests_on",
    "lower",
    "upper",
    "region",
    "england",
    "released",
];

/// One line for each figure.
pub(super) fn csv(sections: &[Section]) -> Vec<u8> {
    let mut file = ees::Lines::default();
    file.line(HEADINGS);
    for section in sections {
        for line in &section.lines {
            let filters = section.filters.iter().zip(&line.items).map(|(filter, item)| format!("{filter}: {item}"));
            let text = |shown: Option<Shown>| shown.map(|shown| shown.to_string()).unwrap_or_default();
            let cells: [&str; 12] = [
                &section.indicator,
                &section.label,
                &filters.collect::<Vec<_>>().join("; "),
                &line.measure,
                line.unit,
                &line.own.to_string(),
                &text(line.rests_on),
                &text(line.ends.map(|(lower, _)| lower)),
                &text(line.ends.map(|(_, upper)| upper)),
                &text(line.region),
                &text(line.england),
                &text(line.released),
            ];
            file.line(cells);
        }
    }
    file.into_bytes()
}
