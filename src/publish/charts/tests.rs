use super::draw::scale;
use super::series::{Drawn, Point, Series};
use super::{bars, lines};
use crate::disclosure::Shown;

fn point(label: &str, figure: Shown, interval: Option<(f64, f64)>) -> Point {
    Point { label: label.to_owned(), figure, interval }
}

fn drawn(series: Vec<Series>) -> Drawn {
    Drawn { title: "Re-entry <to care>".to_owned(), axis: "Percentage".to_owned(), unit: "%", series }
}

/// Every element that opens closes again, in order: a browser takes nothing less for SVG.
fn is_well_formed(picture: &str) {
    let mut reader = quick_xml::Reader::from_str(picture);
    reader.config_mut().check_end_names = true;
    let mut depth = 0_i32;
    loop {
        match reader.read_event().expect("well-formed XML") {
            quick_xml::events::Event::Start(_) => depth += 1,
            quick_xml::events::Event::End(_) => depth -= 1,
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
}

#[test]
fn bars_say_every_figure_and_a_symbol_where_it_is_hidden() {
    let picture = bars::draw(&drawn(vec![Series {
        label: "England".to_owned(),
        points: vec![
            point("3 months", Shown::Number(12), Some((11.2, 12.9))),
            point("1 year", Shown::Confidential, None),
        ],
    }]));
    is_well_formed(&picture);
    assert!(picture.contains("<title id=\"title\">Re-entry &lt;to care&gt;</title>"));
    assert!(picture.contains("Percentage. 3 months 12%, 1 year [c]."));
    assert!(picture.contains(">12%</text>") && picture.contains(">[c]</text>"));
    assert_eq!(picture.matches("<rect").count(), 3, "the ground and two bars");
    assert_eq!(picture.matches("stroke-width=\"3\"").count(), 1, "one whisker");
}

#[test]
fn a_line_is_broken_where_a_figure_is_hidden_and_names_stand_apart() {
    let series = |label: &str, hidden: bool| Series {
        label: label.to_owned(),
        points: vec![
            point("0", Shown::Number(0), Some((0.0, 0.0))),
            point("1", if hidden { Shown::Confidential } else { Shown::Number(5) }, (!hidden).then_some((4.0, 6.0))),
            point("2", Shown::Number(9), Some((8.0, 10.0))),
        ],
    };
    let picture = lines::draw(&drawn(vec![series("Planned", false), series("Unplanned", true)]));
    is_well_formed(&picture);
    let paths: Vec<&str> = picture.match_indices("<path d=\"").map(|(at, _)| &picture[at + 9..at + 60]).collect();
    assert_eq!(paths.len(), 3, "two lines and one band");
    assert_eq!(paths.last().map(|path| path.matches('M').count()), Some(2), "the line begins anew");
    let heights: Vec<f64> = picture
        .match_indices("style=\"fill:")
        .map(|(at, _)| picture[..at].rsplit("y=\"").next().expect("a place"))
        .map(|rest| rest.split('"').next().expect("a number").parse().expect("a number"))
        .collect();
    assert!((heights[1] - heights[0]).abs() >= 20.0, "{heights:?}");
}

#[test]
fn an_axis_ends_at_a_round_number_that_takes_the_largest() {
    assert_eq!(scale(12.9).0, 15.0);
    assert_eq!(scale(8_120.0).0, 10_000.0);
    assert_eq!(scale(0.0).0, 1.0);
    assert_eq!(scale(100.0), (100.0, vec![0.0, 20.0, 40.0, 60.0, 80.0, 100.0]));
}
