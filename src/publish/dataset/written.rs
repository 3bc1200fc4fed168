//! The pieces that results are written of: each member of a row as JSON, made once and not for each row that has it.

use super::geography::Level;
use super::model::{DataSet, Location};

/// What every row of a data set is put together from.
#[derive(Debug, Clone, Default)]
pub(super) struct Pieces {
    /// For each period, the member of a row that says so.
    periods: Vec<Box<str>>,
    levels: Vec<Box<str>>,
    /// For each group of places, for each place: a member of a row's `locations`.
    places: Vec<Vec<Box<str>>>,
    /// For each filter, for each option: a member of a row's `filters`.
    items: Vec<Vec<Box<str>>>,
    /// For each column of figures, the name of its member with the colon.
    columns: Vec<Box<str>>,
}

impl Pieces {
    /// Identifiers alone, or each with its label beside it.
    pub(super) fn of(data: &DataSet, with_labels: bool) -> Self {
        let told = |id: &str, label: &dyn Fn() -> String| {
            if with_labels { quoted(&format!("{id} :: {}", label())) } else { quoted(id) }
        };
        let period = |period: &super::time::TimePeriod| {
            let (code, period) = (quoted(&period.identifier().code), quoted(&period.period()));
            format!("\"timePeriod\":{{\"code\":{code},\"period\":{period}}}").into()
        };
        let places = data.groups.iter().map(|group| {
            let name = quoted(group.level.code);
            let place = |place: &Location| {
                let id = told(&place.id, &|| format!("{}{}", place.label, codes(group.level, place)));
                format!("{name}:{id}").into()
            };
            group.options.iter().map(place).collect()
        });
        let items = data.filters.iter().map(|filter| {
            let name = told(&filter.id, &|| filter.column.to_string());
            let options = filter.options.iter();
            options.map(|option| format!("{name}:{}", told(&option.id, &|| option.label.to_string())).into()).collect()
        });
        let columns = data.indicators.iter();
        Self {
            periods: data.periods.iter().map(period).collect(),
            levels: data.levels.iter().map(|one| format!("\"geographicLevel\":{}", quoted(one.code)).into()).collect(),
            places: places.collect(),
            items: items.collect(),
            columns: columns.map(|one| format!("{}:", told(&one.id, &|| one.column.to_string())).into()).collect(),
        }
    }

    /// Writes a row with the figures of some columns. A place, an option or a figure that it does not have is left out.
    pub(super) fn write(&self, data: &DataSet, row: usize, columns: &[usize], to: &mut String) {
        to.push('{');
        to.push_str(&self.periods[data.period_of[row] as usize]);
        to.push(',');
        to.push_str(&self.levels[data.level_of[row] as usize]);
        let places = self.places.iter().zip(&data.places);
        let places = places.filter_map(|(pieces, cells)| pieces.get(cells.0[row] as usize));
        members("locations", places, to);
        let items = self.items.iter().zip(&data.items);
        let items = items.filter_map(|(pieces, cells)| pieces.get(cells.0[row] as usize));
        members("filters", items, to);
        to.push_str(",\"values\":{");
        let mut is_first = true;
        for at in columns {
            let Some(text) = data.figure(*at, row) else { continue };
            if !std::mem::take(&mut is_first) {
                to.push(',');
            }
            to.push_str(&self.columns[*at]);
            write_quoted(text, to);
        }
        to.push_str("}}");
    }
}

fn members<'p>(name: &str, pieces: impl Iterator<Item = &'p Box<str>>, to: &mut String) {
    to.push_str(",\"");
    to.push_str(name);
    to.push_str("\":{");
    for (number, piece) in pieces.enumerate() {
        if number > 0 {
            to.push(',');
        }
        to.push_str(piece);
    }
    to.push('}');
}

/// ` (code = E08000025, oldCode = 330)`.
fn codes(level: &Level, place: &Location) -> String {
    let codes = level.properties.iter().zip(&place.codes);
    let codes: Vec<String> = codes.map(|((name, _), code)| format!("{name} = {code}")).collect();
    if codes.is_empty() { String::new() } else { format!(" ({})", codes.join(", ")) }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    write_quoted(text, &mut quoted);
    quoted
}

/// Figures and identifiers are plain nearly always; what JSON wants escaped is.
fn write_quoted(text: &str, to: &mut String) {
    if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        // A text is always JSON.
        to.push_str(&serde_json::Value::from(text).to_string());
        return;
    }
    to.push('"');
    to.push_str(text);
    to.push('"');
}
