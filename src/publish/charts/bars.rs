//! A bar for each item, its figure in writing beside it, and a whisker for its interval.

use super::draw::{COLOURS, WIDTH, at, framed, scale, tick};
use super::series::{Drawn, number, written};
use maud::html;

const TOP: f64 = 76.0;
const ROW: f64 = 34.0;
const BAR: f64 = 22.0;
const LETTER: f64 = 8.6;
const RIGHT: f64 = 96.0;

pub(super) fn draw(drawn: &Drawn) -> String {
    let points: Vec<_> = drawn.series.iter().flat_map(|series| &series.points).collect();
    let longest = points.iter().map(|point| point.label.chars().count()).max().unwrap_or(0);
    let left = (longest as f64 * LETTER + 28.0).min(WIDTH / 2.0);
    let ends = points.iter().flat_map(|point| [number(point.figure), point.interval.map(|(_, upper)| upper)]);
    let (end, ticks) = scale(ends.flatten().fold(0.0, f64::max));
    let across = |value: f64| left + value / end * (WIDTH - left - RIGHT);
    let bottom = TOP + points.len() as f64 * ROW;
    let inside = html! {
        @for value in ticks {
            line class="grid" x1=(at(across(value))) x2=(at(across(value))) y1=(at(TOP)) y2=(at(bottom)) {}
            text class="axis" x=(at(across(value))) y=(at(bottom + 20.0)) text-anchor="middle" { (tick(value, drawn.unit)) }
        }
        @for (row, point) in points.iter().enumerate() {
            @let top = TOP + row as f64 * ROW + (ROW - BAR) / 2.0;
            @let middle = top + BAR / 2.0;
            @let value = number(point.figure).unwrap_or(0.0);
            @let written_at = point.interval.map_or(value, |(_, upper)| upper.max(value));
            text x=(at(left - 10.0)) y=(at(middle + 5.5)) text-anchor="end" { (point.label) }
            rect x=(at(left)) y=(at(top)) width=(at(across(value) - left)) height=(at(BAR)) fill=(COLOURS[0]) {}
            @if let Some((lower, upper)) = point.interval {
                line x1=(at(across(lower))) x2=(at(across(upper))) y1=(at(middle)) y2=(at(middle)) stroke="#f46a25" stroke-width="3" {}
            }
            text x=(at(across(written_at) + 8.0)) y=(at(middle + 5.5)) { (written(point.figure, drawn.unit)) }
        }
    };
    let has_intervals = points.iter().any(|point| point.interval.is_some());
    let explained = html! {
        (inside)
        @if has_intervals {
            line x1="16" x2="40" y1=(at(bottom + 43.0)) y2=(at(bottom + 43.0)) stroke="#f46a25" stroke-width="3" {}
            text class="axis" x="48" y=(at(bottom + 48.0)) { "95% interval" }
        }
    };
    framed(drawn, bottom + if has_intervals { 60.0 } else { 36.0 }, explained)
}
