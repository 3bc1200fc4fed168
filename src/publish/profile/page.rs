//! The profile as one page.

use super::{Line, Profile, Section};
use crate::disclosure::Shown;
use crate::publish::charts::series::written;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::collections::BTreeSet;

const STYLE: &str = "\
body{font:1rem/1.5 Arial,sans-serif;color:#0b0c0c;background:#fff;margin:0 auto;max-width:70rem;padding:1rem}\
h1{font-size:1.75rem;margin:.5rem 0}h2{font-size:1.25rem;margin:2rem 0 .5rem}\
table{border-collapse:collapse;width:100%;margin:.75rem 0}caption{text-align:left;font-weight:700;padding:.25rem 0}\
th,td{border-bottom:1px solid #b1b4b6;padding:.375rem .75rem .375rem 0;text-align:left;vertical-align:top}\
.wide{overflow-x:auto}.digest{overflow-wrap:anywhere}nav ul{columns:20rem;padding-left:1.25rem}\
td.figure{text-align:right;white-space:nowrap}.notice{border-left:.5rem solid #942514;padding-left:1rem}svg{max-width:100%;height:auto}\
@page{size:A4;margin:15mm}\
@media print{body{max-width:none;padding:0;font-size:9pt}nav{display:none}.wide{overflow:visible}tr{break-inside:avoid}thead{display:table-header-group}}";

pub(super) fn html(profile: &Profile) -> Vec<u8> {
    let title = format!("{}: its own figures, {}", profile.authority, profile.year);
    let page = html! {
        (DOCTYPE)
        html lang="en-GB" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { h1 { (title) } }
                main {
                    (notice(profile))
                    (contents(profile))
                    @if let Some(funnel) = &profile.funnel { (PreEscaped(funnel)) }
                    @for section in &profile.sections {
                        @if is_shown(section) { (table(profile, section)) }
                    }
                }
            }
        }
    };
    let mut text = page.into_string();
    text.push('\n');
    text.into_bytes()
}

/// The page shows figures of all units, the CSV everything.
fn is_shown(section: &Section) -> bool {
    section.lines.iter().any(|line| line.is_total)
}

fn contents(profile: &Profile) -> Markup {
    let shown: Vec<&Section> = profile.sections.iter().filter(|section| is_shown(section)).collect();
    html! {
        nav aria-labelledby="contents" {
            h2 id="contents" { "Contents" }
            @for of_domain in shown.chunk_by(|one, other| one.domain == other.domain) {
                p { strong { (capitalised(&of_domain[0].domain)) } }
                ul {
                    @for section in of_domain {
                        li { a href=(format!("#table-{}", section.indicator)) { (section.label) } }
                    }
                }
            }
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

fn notice(profile: &Profile) -> Markup {
    html! {
        p class="notice" {
            strong { "For " (profile.authority) " alone. " }
            "Its own figures are as they are: small numbers are not hidden, so none of this may be published or passed on."
        }
        @if !profile.knows_others {
            p class="notice" {
                "These figures are made from the return of " (profile.authority) " alone. What the returns of other "
                "authorities tell of its children, such as that one came back into care elsewhere, is not in them. It is "
                "in a published release, whose figures of " (profile.authority) " can therefore be higher or lower."
            }
        }
        @match &profile.beside {
            Some((year, digest)) => p {
                "The figures of " (profile.region) " and of England are those of the published release of " (year)
                " (SHA-256 of its manifest " span class="digest" { (digest) } "). Theirs are rounded, and symbols stand for what is not shown: "
                "[c] hidden, [low] rounds to zero, [x] not available, [z] not applicable."
            },
            None => p { "No release is published yet, so no figures of the region or of England stand beside these." },
        }
    }
}

fn table(profile: &Profile, section: &Section) -> Markup {
    let id = format!("table-{}", section.indicator);
    // Breakdowns are the same for every line of the page, which shows totals only.
    let skipped = section.filters.iter().take_while(|filter| filter.starts_with("Breakdown")).count();
    let ends = ends_heading(section);
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (section.label) }
            p { (section.about) }
            div class="wide" role="region" tabindex="0" aria-label=(format!("Table: {}", section.label)) { table {
                caption { (section.label) ": " (profile.authority) " beside " (profile.region) " and England" }
                thead {
                    tr {
                        th scope="col" { "Measure" }
                        @for filter in &section.filters[skipped..] { th scope="col" { (filter) } }
                        th scope="col" { "Own" }
                        th scope="col" { "Rests on" }
                        @if let Some(heading) = &ends { th scope="col" { (heading) } }
                        @if profile.beside.is_some() { th scope="col" { (profile.authority) ", published" } }
                        th scope="col" { (profile.region) }
                        th scope="col" { "England" }
                    }
                }
                tbody {
                    @for line in section.lines.iter().filter(|line| line.is_total) { (row(line, skipped, ends.as_deref(), profile.beside.is_some())) }
                }
            } }
        }
    }
}

/// What stands over the ends beside the figures: nothing where no figure has any.
fn ends_heading(section: &Section) -> Option<String> {
    let with_ends = section.lines.iter().filter(|line| line.is_total && line.ends.is_some());
    let kinds: BTreeSet<&str> = with_ends.map(|line| line.ends_are).collect();
    (!kinds.is_empty()).then(|| capitalised(&kinds.into_iter().collect::<Vec<_>>().join(" or ")))
}

fn row(line: &Line, skipped: usize, ends: Option<&str>, is_beside: bool) -> Markup {
    let figure = |shown: Option<Shown>| shown.map(|shown| written(shown, line.unit)).unwrap_or_default();
    html! {
        tr {
            th scope="row" { (line.measure) }
            @for item in &line.items[skipped..] { td { (item) } }
            td class="figure" { (figure(Some(line.own))) }
            td class="figure" { (line.rests_on.map(|number| written(number, "")).unwrap_or_default()) }
            @if let Some(heading) = ends {
                td class="figure" {
                    @if let Some((lower, upper)) = line.ends {
                        (figure(Some(lower))) " to " (figure(Some(upper)))
                        @if heading.contains(" or ") { " (" (line.ends_are) ")" }
                    }
                }
            }
            @if is_beside { td class="figure" { (figure(line.released)) } }
            td class="figure" { (figure(line.region)) }
            td class="figure" { (figure(line.england)) }
        }
    }
}
