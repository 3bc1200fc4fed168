//! What a reader of the tables needs to know beside them: notes to read, and footnotes to put beside the data.

use super::coverage::Coverage;
use super::edition::Edition;
use crate::disclosure::ClearedTables;
use crate::domain::release::ReleaseKind;

/// How the figures were rounded.
const ROUNDING: [&str; 3] = [
    "England's and regions' counts are rounded to the nearest 10, so that they may not add up",
    "Authorities' counts are not rounded; a zero that is shown is a true zero",
    "Percentages are whole numbers and the ends of their intervals have one decimal; both are made from the counts as they \
     are shown",
];
/// What stands in place of a figure, and what it means.
pub(super) const SYMBOLS: [(&str, &str); 4] = [
    ("c", "hidden to protect children"),
    ("low", "rounds to zero and is not zero"),
    ("x", "the authority made no accepted return"),
    ("z", "there is nothing that could be counted"),
];

/// The notes, as Markdown.
pub(super) fn notes(tables: &ClearedTables, edition: &Edition, coverage: &Coverage) -> String {
    let mut text = format!("# Notes to the tables of {}\n\n{}.\n", tables.year(), standing(edition));
    if let Some(reason) = &edition.reason {
        text.push_str(&format!("\nThis release revises the one before: {}\n", stopped(reason)));
    }
    text.push_str("\n## Coverage\n\n");
    for sentence in coverage.sentences() {
        text.push_str(&format!("- {sentence}.\n"));
    }
    text.push_str("\n| region | authorities | with an accepted return |\n|---|---|---|\n");
    for region in &coverage.regions {
        text.push_str(&format!("| {} | {} | {} |\n", region.region, region.expected, region.received));
    }
    for sentence in merged(tables) {
        text.push_str(&format!("\n{sentence}.\n"));
    }
    text.push_str("\n## Rounding and symbols\n\n");
    text.push_str(&format!("{}.\n\n| symbol | meaning |\n|---|---|\n", ROUNDING.join(". ")));
    for (symbol, meaning) in SYMBOLS {
        text.push_str(&format!("| {symbol} | {meaning} |\n"));
    }
    for table in tables.tables() {
        let definition = table.definition();
        text.push_str(&format!("\n## {}: {}\n\n{}\n", definition.id, definition.label, definition.about));
        for note in of(tables, &definition.id) {
            text.push_str(&format!("\n{}\n", sentence(note)));
        }
    }
    text
}

/// The footnotes, one a line and numbered, each with the data sets that it applies to, as EES takes them.
pub(super) fn footnotes(tables: &ClearedTables, edition: &Edition, coverage: &Coverage) -> String {
    let all = |sentence: String| ("All data sets".to_owned(), sentence);
    let mut notes: Vec<(String, String)> = vec![all(standing(edition))];
    notes.extend(coverage.sentences().into_iter().map(all));
    notes.extend(merged(tables).into_iter().map(all));
    notes.extend(ROUNDING.map(|sentence| all(sentence.to_owned())));
    notes.extend(SYMBOLS.map(|(symbol, meaning)| all(format!("{symbol}: {meaning}"))));
    for table in tables.tables() {
        let definition = table.definition();
        let own = |sentence: &str| (definition.id.clone(), sentence.to_owned());
        notes.push(own(&definition.about));
        notes.extend(of(tables, &definition.id).map(|note| own(&sentence(note))));
    }
    let line = |(number, (applies, sentence)): (usize, (String, String))| {
        let sentence = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{}. [{applies}] {}\n", number + 1, stopped(&sentence))
    };
    notes.into_iter().enumerate().map(line).collect()
}

/// What is said of authorities whose children are counted in another's row.
fn merged(tables: &ClearedTables) -> Vec<String> {
    let name = |at: usize| tables.geography().authorities[at].name.as_str();
    let sentence = |(from, to): &(usize, usize)| {
        format!(
            "The figures of {to} include those of {from}, which is too small to be shown by itself: its own rows show c, \
             except in tables that are not about children",
            to = name(*to),
            from = name(*from)
        )
    };
    tables.merged().iter().map(sentence).collect()
}

fn of<'a>(tables: &'a ClearedTables, id: &'a str) -> impl Iterator<Item = &'a str> {
    tables.notes().iter().filter(move |(indicator, _)| indicator == id).map(|(_, note)| note.as_str())
}

fn standing(edition: &Edition) -> String {
    match edition.kind {
        ReleaseKind::Provisional => format!(
            "{}, provisional: returns that come late or are corrected may still change these figures",
            edition.label
        ),
        ReleaseKind::Final => format!("{}, final", edition.label),
    }
}

/// A note as a sentence: it begins with a capital letter and ends with one full stop.
pub(super) fn sentence(note: &str) -> String {
    let mut letters = note.trim().chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    stopped(&format!("{first}{}", letters.as_str()))
}

/// With one full stop at its end.
fn stopped(sentence: &str) -> String {
    format!("{}.", sentence.trim_end_matches('.'))
}
