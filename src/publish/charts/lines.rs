//! A line for each series, with its name at its end and a band for its interval.

use super::draw::{COLOURS, WIDTH, at, framed, scale, tick};
use super::series::{Drawn, Series, number};
use maud::{Markup, html};
use std::fmt::Write as _;

const TOP: f64 = 76.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 64.0;
/// Room for the names of the lines.
const RIGHT: f64 = 250.0;
/// The least distance between two names, so that they can be read.
const NAME: f64 = 20.0;
/// Ticks along the line at most.
const TICKS: usize = 8;

struct Frame {
    end: f64,
    last: usize,
}

impl Frame {
    fn x(&self, index: usize) -> f64 {
        LEFT + index as f64 / self.last.max(1) as f64 * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        TOP + HEIGHT - value / self.end * HEIGHT
    }
}

pub(super) fn draw(drawn: &Drawn) -> String {
    let points = || drawn.series.iter().flat_map(|series| &series.points);
    let ends = points().flat_map(|point| [number(point.figure), point.interval.map(|(_, upper)| upper)]);
    let (end, ticks) = scale(ends.flatten().fold(0.0, f64::max));
    let labels: Vec<&str> = drawn
        .series
        .first()
        .map_or_else(Vec::new, |series| series.points.iter().map(|point| point.label.as_str()).collect());
    let frame = Frame { end, last: labels.len().saturating_sub(1) };
    let every = labels.len().div_ceil(TICKS).max(1);
    let inside = html! {
        @for value in ticks {
            line class="grid" x1=(at(LEFT)) x2=(at(WIDTH - RIGHT)) y1=(at(frame.y(value))) y2=(at(frame.y(value))) {}
            text class="axis" x=(at(LEFT - 8.0)) y=(at(frame.y(value) + 5.0)) text-anchor="end" { (tick(value, drawn.unit)) }
        }
        @for (index, label) in labels.iter().enumerate().filter(|(index, _)| index % every == 0) {
            text class="axis" x=(at(frame.x(index))) y=(at(TOP + HEIGHT + 22.0)) text-anchor="middle" { (label) }
        }
        @for (number, series) in drawn.series.iter().enumerate() { (line(&frame, series, number)) }
        @for (number, y) in names(&frame, &drawn.series) {
            text x=(at(WIDTH - RIGHT + 10.0)) y=(at(y + 5.0)) style=(format!("fill:{}", COLOURS[number % COLOURS.len()])) {
                (drawn.series[number].label)
            }
        }
    };
    framed(drawn, TOP + HEIGHT + 44.0, inside)
}

/// A line is broken where a figure is no number: nothing is drawn across what is hidden.
fn line(frame: &Frame, series: &Series, number_of_series: usize) -> Markup {
    let colour = COLOURS[number_of_series % COLOURS.len()];
    let mut path = String::new();
    let mut begun = false;
    for (index, point) in series.points.iter().enumerate() {
        match number(point.figure) {
            Some(value) => {
                let step = if begun { 'L' } else { 'M' };
                // Unwrap safety: writing to a String cannot fail, so the result carries nothing.
                let _ = write!(path, "{step}{} {} ", at(frame.x(index)), at(frame.y(value)));
                begun = true;
            }
            None => begun = false,
        }
    }
    let band = band(frame, series);
    // Every second line is dashed too, for those who see no colours.
    let dashes = if number_of_series % 2 == 1 { "10 5" } else { "none" };
    html! {
        @if let Some(band) = band { path d=(band) fill=(colour) fill-opacity="0.15" {} }
        path d=(path.trim_end()) fill="none" stroke=(colour) stroke-width="3" stroke-dasharray=(dashes) {}
    }
}

/// The band of the interval, along its upper ends and back along its lower ones; none when one is missing.
fn band(frame: &Frame, series: &Series) -> Option<String> {
    let ends: Vec<(usize, (f64, f64))> =
        series.points.iter().enumerate().map(|(index, point)| Some((index, point.interval?))).collect::<Option<_>>()?;
    let upper = ends.iter().map(|(index, (_, upper))| (*index, *upper));
    let lower = ends.iter().rev().map(|(index, (lower, _))| (*index, *lower));
    let corners = upper.chain(lower).map(|(index, value)| format!("{} {}", at(frame.x(index)), at(frame.y(value))));
    let corners: Vec<String> = corners.collect();
    (!corners.is_empty()).then(|| format!("M{} Z", corners.join(" L")))
}

/// Where the name of each series stands: beside its last figure, moved down where another is in the way.
fn names(frame: &Frame, series: &[Series]) -> Vec<(usize, f64)> {
    let last = |series: &Series| series.points.iter().rev().find_map(|point| number(point.figure));
    let mut places: Vec<(usize, f64)> =
        series.iter().enumerate().map(|(at, series)| (at, frame.y(last(series).unwrap_or(0.0)))).collect();
    places.sort_by(|one, other| one.1.total_cmp(&other.1).then(one.0.cmp(&other.0)));
    for index in 1..places.len() {
        places[index].1 = places[index].1.max(places[index - 1].1 + NAME);
    }
    places
}
