//! A line for each series, with its name at its end and a band for its interval; steps for a curve that falls at events.

use super::draw::{COLOURS, WIDTH, at, framed, scale, tick};
use super::series::{Drawn, Point, Series, hidden, labelled, number, written};
use maud::{Markup, html};
use std::fmt::Write as _;

const TOP: f64 = 76.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 64.0;
/// Room for the names of the lines.
const RIGHT: f64 = 250.0;
/// The least distance between two names, so that they can be read.
const NAME: f64 = 20.0;
/// The length of the piece of a line that stands before its name.
const SAMPLE: f64 = 32.0;
/// Letters of a line of text under the picture at most.
const LETTERS: usize = 120;
/// The height of a line of text under the picture.
const ROW: f64 = 22.0;

struct Frame {
    end: f64,
    last: usize,
    steps: bool,
}

impl Frame {
    fn x(&self, index: usize) -> f64 {
        LEFT + index as f64 / self.last.max(1) as f64 * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        TOP + HEIGHT - value / self.end * HEIGHT
    }

    /// A path through points that follow each other: straight, or level until the next one.
    fn path(&self, points: &[(usize, f64)]) -> String {
        let mut path = String::new();
        for (order, (index, value)) in points.iter().enumerate() {
            let (x, y) = (at(self.x(*index)), at(self.y(*value)));
            // Writing to a String cannot fail, so the result carries nothing.
            let _ = match (order, self.steps) {
                (0, _) => write!(path, "M{x} {y}"),
                (_, true) => write!(path, " H{x} V{y}"),
                (_, false) => write!(path, " L{x} {y}"),
            };
        }
        path
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
    let frame = Frame { end, last: labels.len().saturating_sub(1), steps: drawn.steps };
    let under = TOP + HEIGHT + 54.0;
    let (numbers, below) = numbers(&frame, drawn, under);
    let gaps: Vec<String> = drawn.series.iter().filter_map(|series| hidden(drawn, series)).flat_map(lines_of).collect();
    let inside = html! {
        @for value in ticks {
            line class="grid" x1=(at(LEFT)) x2=(at(WIDTH - RIGHT)) y1=(at(frame.y(value))) y2=(at(frame.y(value))) {}
            text class="axis" x=(at(LEFT - 8.0)) y=(at(frame.y(value) + 5.0)) text-anchor="end" { (tick(value, drawn.unit)) }
        }
        @for index in labelled(labels.len()) {
            text class="axis" x=(at(frame.x(index))) y=(at(TOP + HEIGHT + 22.0)) text-anchor="middle" { (labels[index]) }
        }
        @for (number, series) in drawn.series.iter().enumerate() { (line(&frame, series, number)) }
        @for (number, y) in names(&frame, &drawn.series) { (name(&drawn.series[number].label, number, y)) }
        (numbers)
        @for (row, gap) in gaps.iter().enumerate() {
            text class="axis" x="16" y=(at(below + row as f64 * ROW)) { (gap) }
        }
    };
    let below = below + gaps.len() as f64 * ROW;
    let has_intervals = points().any(|point| point.interval.is_some());
    let explained = html! {
        (inside)
        @if has_intervals { text class="axis" x="16" y=(at(below)) { "The band about a line is its 95% interval." } }
    };
    framed(drawn, below - 10.0 + if has_intervals { ROW } else { 0.0 }, explained)
}

/// A text in lines that the picture takes.
fn lines_of(text: String) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < LETTERS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The name of a line, in dark letters behind a piece of the line, so that no colour needs to be read or told apart.
fn name(label: &str, number: usize, y: f64) -> Markup {
    let left = WIDTH - RIGHT + 10.0;
    html! {
        line x1=(at(left)) x2=(at(left + SAMPLE)) y1=(at(y)) y2=(at(y)) stroke=(colour(number)) stroke-width="3"
            stroke-dasharray=(dashes(number)) {}
        text class="name" x=(at(left + SAMPLE + 8.0)) y=(at(y + 5.0)) { (label) }
    }
}

const fn colour(series: usize) -> &'static str {
    COLOURS[series % COLOURS.len()]
}

/// Lines differ in their dashes too, for those who see no colours.
const fn dashes(series: usize) -> &'static str {
    const DASHES: [&str; 4] = ["none", "10 5", "3 4", "12 4 3 4"];
    DASHES[series % DASHES.len()]
}

/// Runs of points that have what is asked for, one after the other.
fn runs<T>(series: &Series, of: impl Fn(&Point) -> Option<T>) -> Vec<Vec<(usize, T)>> {
    let mut runs: Vec<Vec<(usize, T)>> = Vec::new();
    let mut goes_on = false;
    for (index, point) in series.points.iter().enumerate() {
        match (of(point), runs.last_mut()) {
            (Some(value), Some(run)) if goes_on => run.push((index, value)),
            (Some(value), _) => runs.push(vec![(index, value)]),
            (None, _) => {}
        }
        goes_on = of(point).is_some();
    }
    runs
}

/// A line is broken where a figure is no number: nothing is drawn across what is hidden, and a number alone is a dot.
fn line(frame: &Frame, series: &Series, number_of_series: usize) -> Markup {
    let colour = colour(number_of_series);
    let parts = runs(series, |point| number(point.figure));
    let bands = runs(series, |point| number(point.figure).and(point.interval));
    html! {
        @for band in bands.iter().filter(|band| band.len() > 1) {
            @let lower: Vec<_> = band.iter().map(|(index, (lower, _))| (*index, *lower)).collect();
            @let upper: Vec<_> = band.iter().map(|(index, (_, upper))| (*index, *upper)).collect();
            path class="band" d=(around(frame, &lower, &upper)) fill=(colour) fill-opacity="0.15" {}
            @for edge in [&lower, &upper] { path class="edge" d=(frame.path(edge)) fill="none" stroke=(colour) stroke-width="1" {} }
        }
        @for part in &parts {
            @if let [(index, value)] = part.as_slice() {
                circle cx=(at(frame.x(*index))) cy=(at(frame.y(*value))) r="4" fill=(colour) {}
            } @else {
                path class="line" d=(frame.path(part)) fill="none" stroke=(colour) stroke-width="3" stroke-dasharray=(dashes(number_of_series)) {}
            }
        }
    }
}

/// The area of an interval, along its upper ends and back along its lower ones.
fn around(frame: &Frame, lower: &[(usize, f64)], upper: &[(usize, f64)]) -> String {
    let mut area = frame.path(upper);
    let mut right = lower.last().map(|(index, _)| *index);
    for (index, value) in lower.iter().rev() {
        if frame.steps {
            let from = right.replace(*index).unwrap_or(*index);
            let _ = write!(area, " L{} {} H{}", at(frame.x(from)), at(frame.y(*value)), at(frame.x(*index)));
        } else {
            let _ = write!(area, " L{} {}", at(frame.x(*index)), at(frame.y(*value)));
        }
    }
    area + " Z"
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

/// The numbers that the lines rest on, under the labels of the axis, and where what stands below them begins.
fn numbers(frame: &Frame, drawn: &Drawn, top: f64) -> (Markup, f64) {
    let Some(rests_on) = &drawn.rests_on else { return (html! {}, top) };
    let rows = html! {
        text class="axis" x="16" y=(at(top)) { (rests_on) ":" }
        @for (row, series) in drawn.series.iter().enumerate() {
            @let y = top + (row + 1) as f64 * ROW;
            text class="axis" x=(at(WIDTH - RIGHT + 10.0 + SAMPLE + 8.0)) y=(at(y)) { (series.label) }
            @for index in labelled(series.points.len()) {
                @if let Some(number) = series.points[index].rests_on {
                    text class="axis" x=(at(frame.x(index))) y=(at(y)) text-anchor="middle" { (written(number, "")) }
                }
            }
        }
    };
    (rows, top + (drawn.series.len() + 1) as f64 * ROW)
}
