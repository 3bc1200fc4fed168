//! The report as one HTML page: no network, no script, readable aloud and on paper.

use super::alike::{Alike, alike, not_checked as reasons};
use super::groups::{Group, groups, key, particulars, place, verdict};
use crate::domain::report::Report;
use pulldown_cmark::{Event, Parser, html as markdown};
use std::fmt::Write as _;

const STYLE: &str = "\
body{font:1rem/1.5 Arial,sans-serif;color:#0b0c0c;background:#fff;margin:0 auto;max-width:70rem;padding:1rem}\
h1{font-size:1.75rem;margin:.5rem 0}h2{font-size:1.25rem;margin:2rem 0 .5rem}\
table{border-collapse:collapse;width:100%;margin:.75rem 0}caption{text-align:left;font-weight:700;padding:.25rem 0}\
th,td{border-bottom:1px solid #b1b4b6;padding:.375rem .75rem .375rem 0;text-align:left;vertical-align:top}\
.wide{overflow-x:auto}td.value{overflow-wrap:anywhere;min-width:6rem}td.words{min-width:14rem}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:.75rem 0}dt{font-weight:700}dd{margin:0;overflow-wrap:anywhere}\
.tag{border:2px solid;border-radius:.2rem;padding:0 .4rem;font-weight:700}\
.reject,.rejected{color:#942514}.error,.errors{color:#942514}.query,.queries{color:#594d00}.info{color:#144e81}.clean{color:#005a30}\
a{color:#1a65a6}a:focus{outline:3px solid #fd0}\
@media print{body{max-width:none;padding:0}.wide{overflow:visible}section{break-inside:auto}tr{break-inside:avoid}thead{display:table-header-group}nav{display:none}}";

/// One page with a summary and a table for each rule.
pub fn html(report: &Report) -> Vec<u8> {
    let groups = groups(report);
    let mut out = String::new();
    let title = "Report on a return";
    // Unwrap safety, here and below: writing to a String cannot fail, so the result carries nothing.
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<h1>{title}</h1>\n<p><strong class=\"tag {outcome}\">{outcome}</strong> {}</p>\n</header>\n<main>\n",
        escaped(&verdict(report)),
        outcome = report.outcome.name(),
    );
    summary(&mut out, report, &groups);
    for group in &groups {
        section(&mut out, group);
    }
    not_checked(&mut out, report);
    out.push_str("</main>\n</body>\n</html>\n");
    out.into_bytes()
}

fn summary(out: &mut String, report: &Report, groups: &[Group<'_>]) {
    out.push_str("<section aria-labelledby=\"summary\">\n<h2 id=\"summary\">Summary</h2>\n<dl>\n");
    for (name, value) in particulars(report) {
        let _ = writeln!(out, "<dt>{name}</dt><dd>{}</dd>", escaped(&value));
    }
    out.push_str("</dl>\n");
    for note in &report.notes {
        let _ = writeln!(out, "<p>{}</p>", escaped(note));
    }
    if !groups.is_empty() {
        out.push_str(
            "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"Table of findings by rule\">\n<table>\n<caption>Findings by rule</caption>\n<thead><tr><th scope=\"col\">Rule</th>\
             <th scope=\"col\">Severity</th><th scope=\"col\">What is found</th><th scope=\"col\">Times</th></tr></thead>\n\
             <tbody>\n",
        );
        for group in groups {
            let _ = writeln!(
                out,
                "<tr><th scope=\"row\"><a href=\"#rule-{code}\">{code}</a></th><td class=\"{severity}\">{severity}</td>\
                 <td class=\"words\">{}</td><td>{}</td></tr>",
                escaped(group.statement),
                group.count,
                code = escaped(group.code),
                severity = group.severity,
            );
        }
        out.push_str("</tbody>\n</table>\n</div>\n");
    }
    out.push_str("</section>\n");
}

fn section(out: &mut String, group: &Group<'_>) {
    let code = escaped(group.code);
    let _ = write!(
        out,
        "<section aria-labelledby=\"rule-{code}\">\n<h2 id=\"rule-{code}\"><span class=\"tag {severity}\">{severity}</span> \
         {code}: {}</h2>\n",
        escaped(group.statement),
        severity = group.severity,
    );
    if !group.cure.is_empty() {
        let _ = writeln!(out, "<div>{}</div>", prose(group.cure));
    }
    let told = alike(&group.findings);
    let columns = Columns::of(&told);
    let _ = write!(
        out,
        "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"Table of {code}\">\n<table>\n\
         <caption>{code}: {} found</caption>\n<thead><tr><th scope=\"col\">Where</th>",
        group.count
    );
    for (is_there, heading) in columns.headings() {
        if is_there {
            let _ = write!(out, "<th scope=\"col\">{heading}</th>");
        }
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for one in &told {
        row(out, one, &columns);
    }
    out.push_str("</tbody>\n</table>\n</div>\n");
    if group.unlisted() > 0 {
        let _ = writeln!(out, "<p>{} more are counted and not listed.</p>", group.unlisted());
    }
    out.push_str("</section>\n");
}

/// Which columns of a rule's table hold something in any row: the others are not shown.
struct Columns {
    record: bool,
    value: bool,
    expected: bool,
}

impl Columns {
    fn of(told: &[Alike<'_>]) -> Self {
        let has_value = |one: &Alike<'_>| one.first.value.as_ref().is_some_and(|value| !value.reveal().is_empty());
        Self {
            record: told.iter().any(|one| one.is_one() && !one.first.key.is_empty()),
            value: told.iter().any(has_value),
            expected: told.iter().any(|one| one.first.expected.as_ref().is_some_and(|text| !text.is_empty())),
        }
    }

    const fn headings(&self) -> [(bool, &'static str); 4] {
        [(self.record, "Record"), (true, "What is wrong"), (self.value, "There stands"), (self.expected, "Expected")]
    }
}

fn row(out: &mut String, one: &Alike<'_>, columns: &Columns) {
    let finding = one.first;
    let also = finding.also.as_ref().map(|also| format!(" See also {}.", place(also))).unwrap_or_default();
    let _ = write!(out, "<tr><th scope=\"row\">{}</th>", escaped(&one.place()));
    if columns.record {
        let key = if one.is_one() { key(finding) } else { String::new() };
        let _ = write!(out, "<td class=\"value\">{}</td>", escaped(&key));
    }
    let _ = write!(out, "<td class=\"words\">{}{}</td>", escaped(finding.message.reveal()), escaped(&also));
    if columns.value {
        let value = finding.value.as_ref().map_or("", |value| value.reveal());
        let _ = write!(out, "<td class=\"value\">{}</td>", escaped(value));
    }
    if columns.expected {
        let _ = write!(out, "<td class=\"words\">{}</td>", escaped(finding.expected.as_deref().unwrap_or_default()));
    }
    out.push_str("</tr>\n");
}

fn not_checked(out: &mut String, report: &Report) {
    if report.not_checked.is_empty() {
        return;
    }
    out.push_str(
        "<section aria-labelledby=\"not-checked\">\n<h2 id=\"not-checked\">Not checked</h2>\n<table>\n\
         <caption>Rules that did not run on everything</caption>\n<thead><tr><th scope=\"col\">Rule</th>\
         <th scope=\"col\">Why</th></tr></thead>\n<tbody>\n",
    );
    for (codes, because) in reasons(report) {
        let (code, because) = (escaped(&codes), escaped(because));
        let _ = writeln!(out, "<tr><th scope=\"row\">{code}</th><td>{because}</td></tr>");
    }
    out.push_str("</tbody>\n</table>\n</section>\n");
}

/// Markdown of the specification as HTML; HTML within it is shown as text.
fn prose(source: &str) -> String {
    let events = Parser::new(source).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        other => other,
    });
    let mut out = String::new();
    markdown::push_html(&mut out, events);
    out
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter if letter.is_control() => safe.push('\u{fffd}'),
            letter => safe.push(letter),
        }
    }
    safe
}
