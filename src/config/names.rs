//! Names in a configuration that nothing knows: where they stand, and what was probably meant.

use super::reference::{reference, variable};
use toml::de::{DeTable, DeValue};

/// How alike two names must be, from 0 to 1, for one to be offered for the other.
const ALIKE: f64 = 0.75;

/// The sections and settings of a file, each with its line, counted from 1.
pub(super) fn lines(text: &str) -> Vec<(String, Option<String>, usize)> {
    let Ok(table) = DeTable::parse(text) else { return Vec::new() };
    let line = |at: usize| text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
    let mut found = Vec::new();
    for (section, value) in table.get_ref() {
        found.push((section.get_ref().to_string(), None, line(section.span().start)));
        let DeValue::Table(fields) = value.get_ref() else { continue };
        for name in fields.keys() {
            found.push((section.get_ref().to_string(), Some(name.get_ref().to_string()), line(name.span().start)));
        }
    }
    found
}

/// Why a file is refused for a name in it, when it is.
pub(super) fn unknown_in_file(text: &str) -> Option<String> {
    lines(text).into_iter().find_map(|(section, name, line)| {
        unknown(&section, name.as_deref()).map(|problem| format!("line {line}: {problem}"))
    })
}

/// What is wrong with a section, or a setting of it, when the program knows none of that name.
pub(super) fn unknown(section: &str, name: Option<&str>) -> Option<String> {
    let settings = reference();
    let of_section: Vec<&str> =
        settings.iter().filter(|one| one.section == section).map(|one| one.name.as_str()).collect();
    if of_section.is_empty() {
        let mut sections: Vec<&str> = settings.iter().map(|one| one.section.as_str()).collect();
        sections.dedup();
        let meant = alike(section, &sections).map(|one| format!("; did you mean [{one}]?"));
        let meant = meant.unwrap_or_else(|| format!("; there are {}", sections.join(", ")));
        return Some(format!("there is no section [{section}]{meant}"));
    }
    let name = name.filter(|name| !of_section.contains(name))?;
    let elsewhere = || settings.iter().find(|one| one.name == name).map(|one| one.section.as_str());
    let meant = match (alike(name, &of_section), elsewhere()) {
        (Some(one), _) => format!("; did you mean {one} ({})?", variable(section, one)),
        (None, Some(other)) => format!("; it belongs to [{other}]"),
        (None, None) => format!("; there are {}", of_section.join(", ")),
    };
    Some(format!("[{section}] has no setting {name}{meant}"))
}

fn alike<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let scored = known.iter().map(|one| (strsim::jaro_winkler(name, one), *one));
    scored.filter(|(score, _)| *score >= ALIKE).max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, one)| one)
}
