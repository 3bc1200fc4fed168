//! The figures of a chart, taken from the cleared tables.

use super::Chart;
use crate::disclosure::{ClearedTable, ClearedTables, Place, Shown};

/// One figure: where it stands along the chart, and the ends of its interval.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Point {
    pub(super) label: String,
    pub(super) figure: Shown,
    pub(super) interval: Option<(f64, f64)>,
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
    pub(super) series: Vec<Series>,
}

/// A figure as a number, where it is one.
pub(in crate::publish) const fn number(figure: Shown) -> Option<f64> {
    match figure {
        Shown::Number(number) => Some(number as f64),
        Shown::Decimal(value, _) => Some(value),
        _ => None,
    }
}

/// A figure as it is written: symbols in brackets.
pub(in crate::publish) fn written(figure: Shown, unit: &str) -> String {
    match number(figure) {
        Some(_) if unit == "%" => format!("{figure}%"),
        Some(_) => figure.to_string(),
        None => format!("[{figure}]"),
    }
}

/// What is drawn. The error is a sentence on what the specification names and the tables do not have.
pub(super) fn of(chart: &Chart, tables: &ClearedTables) -> Result<Drawn, String> {
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
    Ok(Drawn { title: chart.title.clone(), axis: column.label.clone(), unit: column.unit, series })
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

    fn points(&self, breakdown: (&str, &str)) -> Result<Vec<Point>, String> {
        let along = self.chart.along.as_str();
        let definition = self.table.definition();
        if along == "region" {
            let regions = self.tables.geography().regions.iter().enumerate();
            let places = std::iter::once(("England".to_owned(), Place::England))
                .chain(regions.map(|(at, region)| (region.name.clone(), Place::Region(at))));
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
        Ok(Point { label, figure, interval })
    }
}
