//! A funnel plot: the share of each authority against the number it rests on, with the limits between which chance alone
//! would leave 95% and 99.8% of them. Source: Spiegelhalter, Funnel plots for comparing institutional performance,
//! Statistics in Medicine 24 (2005), 1185-1202.

use crate::disclosure::{OwnFigures, Shown};
use crate::publish::charts::FunnelOf;
use crate::publish::charts::draw::{COLOURS, WIDTH, at, frame, scale, tick};
use crate::publish::earlier::EarlierRelease;
use crate::publish::layout::TOTAL;
use maud::{Markup, html};

const TOP: f64 = 76.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 40.0;
/// Points of each limit.
const STEPS: usize = 60;
/// Standard deviations of the normal distribution for 95% and 99.8%.
const LIMITS: [(f64, &str); 2] = [(1.96, "6 4"), (3.09, "2 4")];

/// An authority: the number its share rests on, and the share in percent.
struct Dot {
    number: f64,
    percent: f64,
}

/// The plot, where the release shows England's share and some authority's, and the authority has a number of its own.
pub(super) fn draw(of: &FunnelOf, own: &OwnFigures, published: &EarlierRelease) -> Option<String> {
    let table = own.tables.iter().find(|table| table.definition().id == of.indicator)?;
    let definition = table.definition();
    let share = definition.shares.iter().position(|share| share.percent == of.column)?;
    let items: Vec<&str> = definition
        .filters
        .iter()
        .map(|filter| of.filters.get(&filter.column).unwrap_or(&filter.default).as_str())
        .collect();
    let is_row = |key: &crate::aggregate::RowKey| {
        let own = definition.filters.iter().zip(&key.filters).map(|(filter, item)| filter.items[*item].as_str());
        key.breakdown.is_none() && own.eq(items.iter().copied())
    };
    let (_, figures) = table.rows().find(|(key, _)| is_row(key))?;
    let column = |name: &str| table.columns().iter().position(|column| column.name == name);
    let whole = figures[column(&definition.count.name)?].number()?;
    let part = figures[column(&definition.shares[share].count)?].number()?;
    let mine = Dot { number: whole as f64, percent: 100.0 * part as f64 / (whole.max(1)) as f64 };

    let earlier = published.table(&of.indicator)?;
    let topics = earlier.filters.len().checked_sub(items.len())?;
    let (number_at, percent_at) = (
        earlier.columns.iter().position(|name| *name == definition.count.name)?,
        earlier.columns.iter().position(|name| *name == of.column)?,
    );
    let totals = earlier.rows.iter().filter(|row| {
        row.items[..topics].iter().all(|item| item == TOTAL)
            && row.items[topics..].iter().map(String::as_str).eq(items.iter().copied())
    });
    let me = &own.geography.authorities[own.authority].code;
    let (mut england, mut others) = (None, Vec::new());
    for row in totals {
        let (number, percent) = (row.figures[number_at].number(), row.figures[percent_at].number());
        let Some(dot) =
            number.zip(percent).map(|(number, percent)| Dot { number: number as f64, percent: percent as f64 })
        else {
            continue;
        };
        match row.place[0].as_str() {
            "National" => england = Some(dot.percent),
            "Local authority" if row.place[5] != *me => others.push(dot),
            _ => {}
        }
    }
    let england = england?;
    Some(picture(&of.title, england, &mine, whole, part, &others))
}

/// What each mark means, in one line under the plot.
fn legend(y: f64) -> Markup {
    let text = |left: f64, words: &str| html! { text class="axis" x=(at(left)) y=(at(y + 5.0)) { (words) } };
    let line = |left: f64, colour: &str, dashes: &str| {
        html! { line x1=(at(left)) x2=(at(left + 32.0)) y1=(at(y)) y2=(at(y)) stroke=(colour) stroke-width="2" stroke-dasharray=(dashes) {} }
    };
    html! {
        circle cx=(at(LEFT + 8.0)) cy=(at(y)) r="8" fill=(COLOURS[3]) stroke="#0b0c0c" stroke-width="2" {}
        (text(LEFT + 24.0, "this authority"))
        circle cx=(at(LEFT + 148.0)) cy=(at(y)) r="4" fill=(COLOURS[1]) {}
        (text(LEFT + 160.0, "other authorities"))
        (line(LEFT + 296.0, COLOURS[0], "none"))
        (text(LEFT + 336.0, "England"))
        @for (at_left, (_, dashes), words) in [(416.0, LIMITS[0], "95% limits"), (544.0, LIMITS[1], "99.8% limits")] {
            (line(LEFT + at_left, COLOURS[4], dashes))
            (text(LEFT + at_left + 40.0, words))
        }
    }
}

fn picture(title: &str, england: f64, mine: &Dot, whole: i64, part: i64, others: &[Dot]) -> String {
    let dots = || others.iter().chain([mine]);
    let (widest, across) = scale(dots().map(|dot| dot.number).fold(1.0, f64::max));
    let (highest, up) = scale(dots().map(|dot| dot.percent).fold(england, f64::max).min(100.0));
    let x = |number: f64| LEFT + number / widest * (WIDTH - LEFT - RIGHT);
    let y = |percent: f64| TOP + HEIGHT - percent.clamp(0.0, highest) / highest * HEIGHT;
    let share = england / 100.0;
    let limit = |deviations: f64| {
        let corners = (1..=STEPS).map(|step| {
            let number = widest * step as f64 / STEPS as f64;
            let percent = 100.0 * (share + deviations * (share * (1.0 - share) / number).sqrt());
            format!("{},{}", at(x(number)), at(y(percent)))
        });
        corners.collect::<Vec<_>>().join(" ")
    };
    let rounded = Shown::Decimal((mine.percent * 10.0).round() / 10.0, 1);
    let description = format!(
        "{part} of {whole} in this authority, {rounded}%, against {england}% in England. {} other authorities are shown, \
         with the limits of 95% (dashed) and 99.8% (dotted) about England's share.",
        others.len()
    );
    let inside = html! {
        @for value in up {
            line class="grid" x1=(at(LEFT)) x2=(at(WIDTH - RIGHT)) y1=(at(y(value))) y2=(at(y(value))) {}
            text class="axis" x=(at(LEFT - 8.0)) y=(at(y(value) + 5.0)) text-anchor="end" { (tick(value, "%")) }
        }
        @for value in across {
            text class="axis" x=(at(x(value))) y=(at(TOP + HEIGHT + 22.0)) text-anchor="middle" { (tick(value, "")) }
        }
        @for (deviations, dashes) in LIMITS {
            @for side in [deviations, -deviations] {
                polyline points=(limit(side)) fill="none" stroke=(COLOURS[4]) stroke-dasharray=(dashes) {}
            }
        }
        line x1=(at(LEFT)) x2=(at(WIDTH - RIGHT)) y1=(at(y(england))) y2=(at(y(england))) stroke=(COLOURS[0]) stroke-width="2" {}
        @for dot in others {
            circle cx=(at(x(dot.number))) cy=(at(y(dot.percent))) r="4" fill=(COLOURS[1]) fill-opacity="0.7" {}
        }
        (legend(TOP + HEIGHT + 56.0))
        circle cx=(at(x(mine.number))) cy=(at(y(mine.percent))) r="8" fill=(COLOURS[3]) stroke="#0b0c0c" stroke-width="2" {}
    };
    frame(title, "Percentage, by the number it rests on", &description, TOP + HEIGHT + 76.0, inside).into_string()
}
