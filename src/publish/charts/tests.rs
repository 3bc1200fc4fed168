use super::draw::{COLOURS, scale};
use super::series::{Drawn, Point, Series, grouped, labelled};
use super::{bars, lines};
use crate::disclosure::Shown;

fn point(label: &str, figure: Shown, interval: Option<(f64, f64)>) -> Point {
    Point { label: label.to_owned(), figure, interval, rests_on: None }
}

fn drawn(series: Vec<Series>) -> Drawn {
    Drawn {
        title: "Re-entry <to care>".to_owned(),
        axis: "Percentage".to_owned(),
        unit: "%",
        steps: false,
        rests_on: None,
        data_set: "reentry".to_owned(),
        source: "Source: a department, a title, a year.".to_owned(),
        series,
    }
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
    assert!(picture.contains("Percentage. 3 months 12%, 1 year [c]. Source: a department, a title, a year."));
    assert!(picture.contains(">12%</text>") && picture.contains(">[c]</text>"));
    assert_eq!(picture.matches("<rect").count(), 3, "the ground and two bars");
    assert_eq!(picture.matches("stroke-width=\"3\"").count(), 2, "one whisker, and the one that is explained");
    assert!(picture.contains(">95% interval</text>"));
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
    let paths = |class: &str| -> Vec<String> {
        let begin = format!("<path class=\"{class}\" d=\"");
        let ends = |text: &str| text.split('"').next().expect("an end").to_owned();
        picture.split(&begin).skip(1).map(ends).collect()
    };
    assert_eq!(paths("line").len(), 1, "the other line is two numbers that stand alone");
    assert_eq!(picture.matches("<circle").count(), 2);
    assert_eq!((paths("band").len(), paths("edge").len()), (1, 2), "a band has edges that are seen");
    assert!(picture.contains(">No figure of Unplanned is shown at 1 [c]. [c]: hidden to protect children.</text>"));
    assert!(!picture.contains("style=\"fill:"), "no letters are coloured");
    let heights: Vec<f64> = picture
        .split("<text class=\"name\"")
        .skip(1)
        .map(|rest| rest.split("y=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a place"))
        .map(|height| height.parse().expect("a number"))
        .collect();
    assert!((heights[1] - heights[0]).abs() >= 20.0, "{heights:?}");
}

#[test]
fn thousands_are_set_apart() {
    let written = grouped;
    assert_eq!(written("999"), "999");
    assert_eq!(written("-1234567.5"), "-1,234,567.5");
    assert_eq!(written("2410"), "2,410");
}

#[test]
fn an_axis_ends_at_a_round_number_that_takes_the_largest() {
    assert_eq!(scale(12.9).0, 15.0);
    assert_eq!(scale(8_120.0).0, 10_000.0);
    assert_eq!(scale(0.0).0, 1.0);
    assert_eq!(scale(100.0), (100.0, vec![0.0, 20.0, 40.0, 60.0, 80.0, 100.0]));
}

/// A curve of 30 months that falls by a point each, its first and last months hidden, with a number that halves.
fn curve(label: &str) -> Series {
    let month = |month: i64| match month {
        1 | 28..=30 => Point {
            label: format!("{month} months"),
            figure: Shown::Confidential,
            interval: None,
            rests_on: Some(Shown::Confidential),
        },
        _ => Point {
            label: format!("{month} months"),
            figure: Shown::Number(100 - month),
            interval: Some((99.0 - month as f64, (101.0 - month as f64).min(100.0))),
            rests_on: Some(Shown::Number(30_000 - 1_000 * month)),
        },
    };
    Series { label: label.to_owned(), points: (0..=30).map(month).collect() }
}

#[test]
fn a_curve_falls_in_steps_breaks_where_it_is_hidden_and_says_what_it_rests_on() {
    let chart = Drawn {
        steps: true,
        rests_on: Some("Returns still followed".to_owned()),
        ..drawn(vec![curve("Planned"), curve("Unplanned")])
    };
    let picture = lines::draw(&chart);
    is_well_formed(&picture);
    let line = picture.split("<path class=\"line\" d=\"").nth(1).and_then(|rest| rest.split('"').next());
    let line = line.expect("a line");
    assert!(line.starts_with("M107.1 ") && line.ends_with(" H645.4 V178.6"), "from month 2 to month 27: {line}");
    assert!(!line.contains('L'), "level and upright only");
    assert_eq!(line.matches('H').count(), 25);
    let dashes: Vec<&str> = picture.split("stroke-dasharray=\"").skip(1).map(|rest| &rest[..4]).collect();
    assert_eq!(dashes, ["none", "10 5", "none", "10 5"], "each line, and the piece of it before its name");
    insta::assert_snapshot!(words(&picture), @r#"
    Re-entry &lt;to care&gt;
    Percentage. Planned: 0 months 100% (30,000); 4 months 96% (26,000); 8 months 92% (22,000); 12 months 88% (18,000); 16 months 84% (14,000); 20 months 80% (10,000); 24 months 76% (6,000); 28 months [c] ([c]). No figure of Planned is shown at 1 months [c], 28 months to 30 months [c]. [c]: hidden to protect children. Unplanned: 0 months 100% (30,000); 4 months 96% (26,000); 8 months 92% (22,000); 12 months 88% (18,000); 16 months 84% (14,000); 20 months 80% (10,000); 24 months 76% (6,000); 28 months [c] ([c]). No figure of Unplanned is shown at 1 months [c], 28 months to 30 months [c]. [c]: hidden to protect children. In brackets: returns still followed. Every point is in the data set reentry. Source: a department, a title, a year.
    Percentage | 0% | 20% | 40% | 60% | 80% | 100% | 0 months | 4 months | 8 months | 12 months | 16 months | 20 months | 24 months | 28 months | Returns still followed: | Planned | 30,000 | 26,000 | 22,000 | 18,000 | 14,000 | 10,000 | 6,000 | [c] | Unplanned | 30,000 | 26,000 | 22,000 | 18,000 | 14,000 | 10,000 | 6,000 | [c] | No figure of Planned is shown at 1 months [c], 28 months to 30 months [c]. [c]: hidden to protect children. | No figure of Unplanned is shown at 1 months [c], 28 months to 30 months [c]. [c]: hidden to protect children. | The band about a line is its 95% interval. | Source: a department, a title, a year.
    "#);
}

/// What is written in a picture and what is said of it.
fn words(picture: &str) -> String {
    let element = |name: &str| {
        let text = picture.split(&format!("<{name} id=")).nth(1).and_then(|rest| rest.split(['>', '<']).nth(1));
        text.expect("the element").to_owned()
    };
    let axis = picture.split("<text class=\"axis\"").skip(1);
    let axis: Vec<&str> = axis.filter_map(|rest| rest.split(['>', '<']).nth(1)).collect();
    format!("{}\n{}\n{}", element("title"), element("desc"), axis.join(" | "))
}

#[test]
fn of_many_points_a_few_are_labelled_in_whole_years() {
    let labels = |points| labelled(points).collect::<Vec<_>>();
    assert_eq!(labels(7), [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(labels(10), [0, 2, 4, 6, 8]);
    assert_eq!(labels(73), [0, 12, 24, 36, 48, 60, 72]);
    assert_eq!(labels(1000), [0, 125, 250, 375, 500, 625, 750, 875]);
    assert!(labels(0).is_empty());
}

/// The contrast of two colours, from 1 to 21. Source: W3C, Web Content Accessibility Guidelines 2.2, "contrast ratio".
fn contrast(one: &str, other: &str) -> f64 {
    let light = |colour: &str| {
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).expect("a colour")) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    };
    let (one, other) = (light(one) + 0.05, light(other) + 0.05);
    one.max(other) / one.min(other)
}

#[test]
fn every_colour_is_seen_on_the_ground() {
    assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 1e-9);
    for colour in COLOURS {
        assert!(contrast(colour, "#ffffff") >= 3.0, "{colour}");
    }
    // The end of an interval lies on a bar of the first colour.
    assert!(contrast("#f46a25", COLOURS[0]) >= 3.0);
}
