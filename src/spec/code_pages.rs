//! The code lists of a specification, as CSV, as one HTML page and as text: every code with its label and its years.

use super::catalogue::{STYLE, escape};
use super::model::{Code, CodeList};
use super::{FieldType, Specification};
use std::fmt::Write as _;

/// One line a code.
pub fn codes_csv(specification: &Specification) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut lines = vec![["list", "code", "label", "from", "to", "read_as", "stands_alone"].map(str::to_owned)];
    for list in specification.codes.values() {
        lines.extend(list.codes.iter().map(|code| {
            [
                list.name.clone(),
                code.code.clone(),
                code.label.clone(),
                year(code.from),
                year(code.to),
                code.read_as.clone().unwrap_or_default(),
                if code.alone { "yes".to_owned() } else { String::new() },
            ]
        }));
    }
    for line in lines {
        // Unwrap safety of the default: writing to memory cannot fail, and every line has the same number of cells.
        writer.write_record(line).unwrap_or_default();
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// The page that people read: each list with the fields that take it.
pub fn codes_html(specification: &Specification) -> String {
    let title = format!("{}: codes of version {}", escape(&specification.title), escape(&specification.version));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n<nav aria-label=\"Lists\">\n<ul>\n"
    );
    for list in specification.codes.values() {
        let name = escape(&list.name);
        let _ = writeln!(page, "<li><a href=\"#{name}\">{name}</a></li>");
    }
    page.push_str("</ul>\n</nav>\n");
    for list in specification.codes.values() {
        let (name, fields) = (escape(&list.name), escape(&fields_of(specification, list).join(", ")));
        let _ = write!(
            page,
            "<section id=\"{name}\" aria-labelledby=\"{name}-title\">\n<h2 id=\"{name}-title\">{name}</h2>\n\
             <p>Fields: {fields}.</p>\n<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"Codes of {name}\">\n\
             <table>\n<thead><tr><th scope=\"col\">Code</th><th scope=\"col\">Meaning</th><th scope=\"col\">Notes</th></tr></thead>\n<tbody>\n"
        );
        for code in &list.codes {
            let _ = writeln!(
                page,
                "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>",
                escape(&code.code),
                escape(&code.label),
                escape(&notes(code))
            );
        }
        page.push_str("</tbody>\n</table>\n</div>\n</section>\n");
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

/// One list for a terminal.
pub fn codes_text(specification: &Specification, list: &CodeList) -> String {
    let mut text = format!("{} ({})\n", list.name, fields_of(specification, list).join(", "));
    let widest = list.codes.iter().map(|code| code.code.chars().count()).max().unwrap_or(0);
    for code in &list.codes {
        let notes = notes(code);
        let notes = if notes.is_empty() { notes } else { format!(" ({notes})") };
        let _ = writeln!(text, "  {:widest$}  {}{notes}", code.code, code.label);
    }
    text
}

/// The fields that take a list, as `table.FIELD`.
fn fields_of(specification: &Specification, list: &CodeList) -> Vec<String> {
    let mut fields = Vec::new();
    for table in &specification.tables {
        let takes = |kind| matches!(kind, FieldType::Code | FieldType::Codes);
        let known = table.fields.iter().filter(|field| takes(field.kind) && field.codes.as_ref() == Some(&list.name));
        fields.extend(known.map(|field| format!("{}.{}", table.name, field.name)));
    }
    if fields.is_empty() { vec!["used by rules and statistics".to_owned()] } else { fields }
}

fn notes(code: &Code) -> String {
    let mut notes = Vec::new();
    match (code.from, code.to) {
        (Some(from), Some(to)) => notes.push(format!("collections of {from} to {to}")),
        (Some(from), None) => notes.push(format!("from the collection of {from}")),
        (None, Some(to)) => notes.push(format!("until the collection of {to}")),
        (None, None) => {}
    }
    notes.extend(code.read_as.iter().map(|other| format!("read as {other}")));
    if code.alone {
        notes.push("stands alone".to_owned());
    }
    notes.join("; ")
}

fn year(year: Option<i32>) -> String {
    year.map(|year| year.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_every_form_and_names_its_fields() {
        let specification = Specification::embedded().expect("loads");
        let (csv, html) = (codes_csv(&specification), codes_html(&specification));
        for list in specification.codes.values() {
            let text = codes_text(&specification, list);
            for code in &list.codes {
                assert!(csv.contains(&format!("\n{},{},", list.name, code.code)), "{} {}", list.name, code.code);
                assert!(html.contains(&format!("<th scope=\"row\">{}</th>", escape(&code.code))), "{}", code.code);
                assert!(text.contains(&code.label), "{text}");
            }
        }
        let ethnic = codes_text(&specification, &specification.codes["ethnic"]);
        assert!(ethnic.starts_with("ethnic (children.ETHNIC)\n  WBRI  White British\n"), "{ethnic}");
        let sex = codes_text(&specification, &specification.codes["sex"]);
        assert!(sex.contains("  1  Male (until the collection of 2024; read as M)\n"), "{sex}");
    }
}
