//! The figures of a chart, taken from the cleared tables.

use super::Chart;
use crate::disclosure::{ClearedTable, ClearedTables, Place, Shown};
use crate::publish::notes::SYMBOLS;

/// One figure: where it stands along the chart, and the ends of its interval.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Point {
    pub(super) label: String,
    pub(super) figure: Shown,
    pub(super) interval: Option<(f64, f64)>,
    /// The number that the figure rests on, where the chart names its column.
    pub(super) rests_on: Option<Shown>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series {
    pub(super) label: String,
    pub(super) points: Vec<Point>,
}

/// Everything that a chart shows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawn {
    pub(super) title: String,
    /// What the figures are, with their unit.
    pub(super) axis: String,
    pub(super) unit: &'static str,
    /// Whether a figure holds until the next one.
    pub(super) steps: bool,
    /// What the numbers are that the figures rest on.
    pub(super) rests_on: Option<String>,
    /// The data set in which every point can be looked up.
    pub(super) data_set: String,
    /// Where the figures come from.
    pub(super) source: String,
    pub(super) series: Vec<Series>,
}

/// Points along a chart beyond which not each is labelled.
const LABELS: usize = 8;
/// How many points one label stands for, where there are more: divisors and multiples of a year of months.
const EVERY: [usize; 9] = [1, 2, 3, 4, 6, 12, 24, 36, 60];

/// The points of so many that are labelled, evenly from the first.
pub(super) fn labelled(points: usize) -> impl Iterator<Item = usize> {
    let needed = points.div_ceil(LABELS);
    let every = EVERY.into_iter().find(|every| *every >= needed).unwrap_or(needed);
    (0..points).step_by(every)
}

/// Where a series has no number, in words with the symbols that stand there; nothing where it has one everywhere.
pub(super) fn hidden(drawn: &Drawn, series: &Series) -> Option<String> {
    let mut gaps: Vec<(Shown, &str, &str)> = Vec::new();
    let mut before = None;
    for point in &series.points {
        let symbol = number(point.figure).is_none().then_some(point.figure);
        match (symbol, gaps.last_mut()) {
            (Some(now), Some(gap)) if before == Some(now) => gap.2 = &point.label,
            (Some(now), _) => gaps.push((now, &point.label, &point.label)),
            (None, _) => {}
        }
        before = symbol;
    }
    let gaps: Vec<String> = gaps
        .into_iter()
        .map(
            |(symbol, first, last)| {
                if first == last { format!("{first} [{symbol}]") } else { format!("{first} to {last} [{symbol}]") }
            },
        )
        .collect();
    let of = if drawn.series.len() > 1 { format!(" of {}", series.label) } else { String::new() };
    let met = |symbol: &str| gaps.iter().any(|gap| gap.ends_with(&format!("[{symbol}]")));
    let meant: Vec<String> = SYMBOLS
        .iter()
        .filter(|(symbol, _)| met(symbol))
        .map(|(symbol, meaning)| format!("[{symbol}]: {meaning}"))
        .collect();
    (!gaps.is_empty()).then(|| format!("No figure{of} is shown at {}. {}.", gaps.join(", "), meant.join("; ")))
}

/// A figure as a number, where it is one.
pub(in crate::publish) const fn number(figure: Shown) -> Option<f64> {
    match figure {
        Shown::Number(number) => Some(number as f64),
        Shown::Decimal(value, _) => Some(value),
        _ => None,
    }
}

/// A number with a comma between its thousands.
pub(in crate::publish) fn grouped(number: &str) -> String {
    let (sign, rest) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, decimals) = rest.split_once('.').map_or((rest, None), |(whole, decimals)| (whole, Some(decimals)));
    let mut text = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    decimals.into_iter().for_each(|decimals| text.extend([".", decimals]));
    text
}

/// A figure as it is written: symbols in brackets.
pub(in crate::publish) fn written(figure: Shown, unit: &str) -> String {
    match number(figure) {
        Some(_) if unit == "%" => format!("{figure}%"),
        Some(_) => grouped(&figure.to_string()),
        None => format!("[{figure}]"),
    }
}

/// What is drawn. The error is a sentence on what the specification names and the tables do not have.
pub(super) fn of(chart: &Chart, tables: &ClearedTables, source: &str) -> Result<Drawn, String> {
    let table = tables.table(&chart.indicator).ok_or_else(|| format!("there is no indicator {}", chart.indicator))?;
    let column = table.columns().iter().find(|column| column.name == chart.column);
    let column = column.ok_or_else(|| format!("{} has no column {}", chart.indicator, chart.column))?;
    let reader = Reader { chart, tables, table };
    let series = match &chart.by {
        None => vec![Series { label: "England".to_owned(), points: reader.points(("Total", "Total"))? }],
        Some(topic) => {
            let items = reader.items_of_topic(topic)?;
            let line = |item: String| Ok(Series { points: reader.points((topic, &item))?, label: item });
            items.into_iter().map(line).collect::<Result<_, String>>()?
        }
    };
    let mut axis = column.label.clone();
    if chart.along == "region" && !reader.is_percent() {
        let england = reader.point("England".to_owned(), Place::England, None, ("Total", "Total"))?;
        axis.push_str(&format!(" (England: {})", written(england.figure, column.unit)));
    }
    let rests_on = match &chart.rests_on {
        None => None,
        Some(name) => {
            let column = table.columns().iter().find(|column| column.name == *name);
            Some(column.ok_or_else(|| format!("{} has no column {name}", chart.indicator))?.label.clone())
        }
    };
    Ok(Drawn {
        title: chart.title.clone(),
        axis,
        unit: column.unit,
        steps: chart.steps,
        rests_on,
        data_set: chart.indicator.clone(),
        source: format!("Source: {source}."),
        series,
    })
}

struct Reader<'a> {
    chart: &'a Chart,
    tables: &'a ClearedTables,
    table: &'a ClearedTable,
}

impl Reader<'_> {
    fn items_of_topic(&self, label: &str) -> Result<Vec<String>, String> {
        let topics = &self.table.definition().topics;
        let topic = topics.iter().find(|topic| topic.label == label);
        let topic = topic.ok_or_else(|| format!("{} has no breakdown {label}", self.chart.indicator))?;
        Ok(topic.items.iter().map(|item| item.label.clone()).collect())
    }

    fn is_percent(&self) -> bool {
        self.table.columns().iter().any(|column| column.name == self.chart.column && column.unit == "%")
    }

    fn points(&self, breakdown: (&str, &str)) -> Result<Vec<Point>, String> {
        let along = self.chart.along.as_str();
        let definition = self.table.definition();
        if along == "region" {
            let regions = self.tables.geography().regions.iter().enumerate();
            // A number of all England is so much longer a bar than any region's that those could not be compared.
            let england = (self.is_percent()).then(|| ("England".to_owned(), Place::England));
            let places =
                england.into_iter().chain(regions.map(|(at, region)| (region.name.clone(), Place::Region(at))));
            return places.map(|(label, place)| self.point(label, place, None, breakdown)).collect();
        }
        if let Some(filter) = definition.filters.iter().find(|filter| filter.column == along) {
            let point = |item: &String| self.point(item.clone(), Place::England, Some((along, item)), breakdown);
            return filter.items.iter().map(point).collect();
        }
        let items = self.items_of_topic(along)?;
        items.into_iter().map(|item| self.point(item.clone(), Place::England, None, (along, &item))).collect()
    }

    fn point(
        &self,
        label: String,
        place: Place,
        along: Option<(&str, &str)>,
        breakdown: (&str, &str),
    ) -> Result<Point, String> {
        let filters: Vec<&str> = self
            .table
            .definition()
            .filters
            .iter()
            .map(|filter| match along {
                Some((column, item)) if column == filter.column => item,
                _ => self.chart.filters.get(&filter.column).unwrap_or(&filter.default),
            })
            .collect();
        let read = |column: &str| self.table.figure(place, &filters, breakdown, column);
        let figure = read(&self.chart.column).ok_or_else(|| format!("no row is there for {label}"))?;
        let end = |end: &str| read(&format!("{}_{end}", self.chart.column)).and_then(number);
        let interval = if self.chart.interval { end("lower").zip(end("upper")) } else { None };
        let rests_on = self.chart.rests_on.as_deref().and_then(read);
        Ok(Point { label, figure, interval, rests_on })
    }
}
