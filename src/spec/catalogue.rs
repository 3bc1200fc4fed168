//! The catalogue of a specification's rules, as CSV and as one HTML page, generated from the rule files.

use super::Specification;
use super::rule::Rule;
use pulldown_cmark::{Event, Parser, html};
use std::fmt::Write as _;

/// One line a rule: what a published list of the rules holds.
pub fn catalogue_csv(specification: &Specification) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut lines = vec![["code", "severity", "tables", "fields", "finding_when", "from", "until"].map(str::to_owned)];
    lines.extend(specification.rules.values().map(|rule| {
        let year = |year: Option<i32>| year.map(|year| year.to_string()).unwrap_or_default();
        [
            rule.code.clone(),
            rule.severity.to_string(),
            rule.tables.join(";"),
            rule.fields.join(";"),
            rule.statement.clone(),
            year(rule.from),
            year(rule.until),
        ]
    }));
    for line in lines {
        // Unwrap safety of the default: writing to memory cannot fail, and every line has the same number of cells.
        writer.write_record(line).unwrap_or_default();
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// The page that people read: every rule with why it matters, how to put it right, its query and its examples.
pub fn catalogue_html(specification: &Specification) -> String {
    let mut page = String::new();
    let title = format!("{}: rules of version {}", escape(&specification.title), escape(&specification.version));
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
    );
    page.push_str("<nav aria-label=\"Rules\">\n<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"All rules\">\n<table>\n<caption>All rules</caption>\n<thead><tr><th scope=\"col\">Code</th><th scope=\"col\">Severity</th><th scope=\"col\">Found when</th></tr></thead>\n<tbody>\n");
    for rule in specification.rules.values() {
        let (code, severity, statement) = (escape(&rule.code), rule.severity, escape(&rule.statement));
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\"><a href=\"#{code}\">{code}</a></th><td>{severity}</td><td>{statement}</td></tr>"
        );
    }
    page.push_str("</tbody>\n</table>\n</div>\n</nav>\n");
    for rule in specification.rules.values() {
        page.push_str(&rule_html(rule));
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

/// One rule's help as an HTML section; the rule's page of the service shows it alone.
pub fn rule_html(rule: &Rule) -> String {
    let (code, severity, statement) = (escape(&rule.code), rule.severity, escape(&rule.statement));
    let mut section = format!(
        "<section id=\"{code}\" aria-labelledby=\"{code}-title\">\n<h2 id=\"{code}-title\">{code}: {statement}</h2>\n\
         <p>Severity: <strong>{severity}</strong>."
    );
    if !rule.fields.is_empty() && rule.fields != ["*"] {
        let _ = write!(section, " Fields: {}.", escape(&rule.fields.join(", ")));
    }
    section.push_str("</p>\n");
    for (title, markdown) in [("Why it matters", &rule.why), ("How to put it right", &rule.cure)] {
        let _ = writeln!(section, "<h3>{title}</h3>");
        // Markup within a specification's Markdown is shown as text.
        let as_text = Parser::new(markdown).map(|event| match event {
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            other => other,
        });
        html::push_html(&mut section, as_text);
    }
    if let Some(sql) = &rule.sql {
        let _ = writeln!(section, "<h3>Query</h3>\n<pre tabindex=\"0\"><code>{}</code></pre>", escape(sql.trim_end()));
    }
    section.push_str("</section>\n");
    section
}

pub(super) const STYLE: &str =
    "body{font:1rem/1.5 system-ui,sans-serif;color:#0b0c0c;background:#fff;margin:0 auto;max-width:60rem;padding:1rem}
table{border-collapse:collapse;width:100%}
caption{text-align:left;font-weight:bold}
th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #b1b4b6}
td,th{overflow-wrap:break-word}
.wide{overflow-x:auto}
pre{background:#f3f2f1;padding:.75rem;overflow:auto}
section{border-top:2px solid #0b0c0c;margin-top:2rem}
a{color:#1d70b8}
";

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_in_both_forms_and_markup_is_text() {
        let specification = Specification::embedded().expect("loads");
        let (csv, html) = (catalogue_csv(&specification), catalogue_html(&specification));
        for code in specification.rules.keys() {
            assert!(csv.contains(&format!("\n{code},")), "{code} is missing from the CSV");
            assert!(html.contains(&format!("<section id=\"{code}\"")), "{code} is missing from the page");
        }
        assert_eq!(escape("a < b & \"c\""), "a &lt; b &amp; &quot;c&quot;");
    }
}
