//! What every chart has: its frame, its words, its scale.

use super::series::{Drawn, Point, grouped, hidden, labelled, written};
use maud::{Markup, PreEscaped, html};

pub(in crate::publish) const WIDTH: f64 = 960.0;
/// Dark blue, turquoise, dark pink, orange, dark grey, light purple: series beyond them begin again.
pub(in crate::publish) const COLOURS: [&str; 6] = ["#12436d", "#28a197", "#801650", "#f46a25", "#3d3d3d", "#a285d1"];

/// Points beyond which not every one is told.
const HEARD: usize = 24;

const STYLE: &str = "text{font-family:Arial,sans-serif;font-size:16px;fill:#0b0c0c}.title{font-size:20px;font-weight:700}\
                     .axis{font-size:14px;fill:#414042}.grid{stroke:#d5d8da}";

/// A chart of a height around what is drawn in it.
pub(super) fn framed(drawn: &Drawn, height: f64, inside: Markup) -> String {
    let foot = html! {
        (inside)
        text class="axis" x="16" y=(at(height + 12.0)) { (drawn.source) }
    };
    format!("{}\n", frame(&drawn.title, &drawn.axis, &described(drawn), height + 28.0, foot).into_string())
}

/// A picture with its title, what its axis tells, and everything in it in words.
pub(in crate::publish) fn frame(title: &str, axis: &str, description: &str, height: f64, inside: Markup) -> Markup {
    html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {WIDTH} {height}")) role="img"
            aria-labelledby="title description" lang="en-GB" {
            title id="title" { (title) }
            desc id="description" { (description) }
            style { (PreEscaped(STYLE)) }
            rect width=(WIDTH) height=(height) fill="#ffffff" {}
            text class="title" x="16" y="32" { (title) }
            text class="axis" x="16" y="56" { (axis) }
            (inside)
        }
    }
}

/// The figures in words: of more than can be listened to, those at the labelled points, where there is none, and where
/// the others are.
fn described(drawn: &Drawn) -> String {
    let several = drawn.series.len() > 1;
    let longest = drawn.series.iter().map(|series| series.points.len()).max().unwrap_or(0);
    let mut sentences = vec![format!("{}.", drawn.axis)];
    for series in &drawn.series {
        let told: Vec<usize> =
            if longest > HEARD { labelled(series.points.len()).collect() } else { (0..series.points.len()).collect() };
        let points: Vec<String> = told.into_iter().map(|index| in_words(&series.points[index], drawn)).collect();
        let points = points.join(if drawn.rests_on.is_some() { "; " } else { ", " });
        sentences.push(if several { format!("{}: {points}.", series.label) } else { format!("{points}.") });
        if longest > HEARD {
            sentences.extend(hidden(drawn, series));
        }
    }
    if let Some(rests_on) = &drawn.rests_on {
        sentences.push(format!("In brackets: {}.", rests_on.to_lowercase()));
    }
    if longest > HEARD {
        sentences.push(format!("Every point is in the data set {}.", drawn.data_set));
    }
    sentences.push(drawn.source.clone());
    sentences.join(" ")
}

fn in_words(point: &Point, drawn: &Drawn) -> String {
    let figure = written(point.figure, drawn.unit);
    match point.rests_on {
        None => format!("{} {figure}", point.label),
        Some(number) => format!("{} {figure} ({})", point.label, written(number, "")),
    }
}

/// The end of an axis that takes a value: 1, 2, 2.5 or 5 times a power of ten, in so many steps.
pub(in crate::publish) fn scale(largest: f64) -> (f64, Vec<f64>) {
    if largest <= 0.0 {
        return (1.0, vec![0.0, 1.0]);
    }
    let power = 10_f64.powf((largest / 5.0).log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|times| times * power);
    let step = steps.into_iter().find(|step| step * 5.0 >= largest).unwrap_or(10.0 * power);
    let count = (largest / step).ceil() as usize;
    (step * count as f64, (0..=count).map(|at| at as f64 * step).collect())
}

/// A place on the page, to a tenth of its unit, so that every machine writes the same.
pub(in crate::publish) fn at(value: f64) -> String {
    format!("{value:.1}")
}

pub(in crate::publish) fn tick(value: f64, unit: &str) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if unit == "%" { format!("{text}%") } else { grouped(text) }
}
