//! The document of changes for people.

use super::{Change, ChangeSet, Changes, IndicatorChanges, Size};

/// The changes as Markdown.
pub fn in_words(changes: &Changes) -> String {
    let edition = &changes.edition;
    let mut text = format!("# Changes: {}, {}\n\n", edition.label, edition.kind);
    match (&edition.reason, &changes.revises, &changes.follows) {
        (Some(reason), ..) => text.push_str(&format!(
            "This release of {} takes the place of the one before, because: {}\n",
            changes.collection, reason
        )),
        (None, None, None) => text.push_str("This is the first release of its series.\n"),
        _ => text.push_str(&format!("This is the first release of {}.\n", changes.collection)),
    }
    text.push_str("\n| data set | version | before | change |\n|---|---|---|---|\n");
    for (id, one) in &changes.indicators {
        let before = one.previous_version.map_or_else(|| "-".to_owned(), |version| version.to_string());
        text.push_str(&format!("| {id} | {} | {before} | {} |\n", one.version, size(one)));
    }
    for (id, one) in changes.indicators.iter().filter(|(_, one)| !matches!(one.size, Size::None | Size::New)) {
        text.push_str(&format!("\n## {id}: {}\n", one.label));
        for sentence in sentences(one) {
            text.push_str(&format!("\n- {sentence}."));
        }
        text.push('\n');
    }
    text.push_str(
        "\nMajor: something that a program may name was removed or renamed. Minor: something was added, or a label, a unit \
         or a figure changed. Patch: only words about the figures changed. A data set in which nothing changed keeps its \
         version.\n",
    );
    text
}

const fn size(one: &IndicatorChanges) -> &'static str {
    match one.size {
        Size::Major if one.withdrawn => "withdrawn",
        Size::Major => "major",
        Size::Minor => "minor",
        Size::Patch => "patch",
        Size::None => "nothing changed",
        Size::New => "new",
    }
}

fn sentences(one: &IndicatorChanges) -> Vec<String> {
    if one.withdrawn {
        return vec!["The data set is withdrawn: no release has figures of it any more".to_owned()];
    }
    let mut sentences = Vec::new();
    for (size, set) in [("Major", &one.major), ("Minor", &one.minor)] {
        sentences.extend(of_set(set).into_iter().map(|sentence| format!("{size}: {sentence}")));
    }
    let values = &one.values;
    if values.changed > 0 {
        let columns: Vec<String> = values.columns.iter().map(|(column, count)| format!("{column} {count}")).collect();
        sentences.push(format!("Minor: {} changed ({})", counted(values.changed, "figure"), columns.join(", ")));
    }
    for (rows, what) in [(values.rows_added, "added"), (values.rows_removed, "removed")] {
        if rows > 0 {
            sentences.push(format!("Minor: {} {what}", counted(rows, "row")));
        }
    }
    if !one.words.is_empty() {
        sentences.push(format!("Patch: the words changed of: {}", one.words.join(", ")));
    }
    sentences
}

fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn of_set(set: &ChangeSet) -> Vec<String> {
    let mut sentences = Vec::new();
    let column = |one: &super::ColumnState| {
        let unit = if one.unit.is_empty() { String::new() } else { format!(", {}", one.unit) };
        format!("{} ({}{unit}, {} decimals)", one.column, one.label, one.decimals)
    };
    let filter = |one: &super::FilterState| format!("{} ({}, {} first)", one.column, one.label, one.default);
    let place = |one: &super::LocationState| format!("{} {}", one.code, one.name);
    let period = |one: &super::PeriodState| format!("{} {}", one.identifier, one.period);
    let same = |one: &String| one.clone();
    sentences.extend(set.filters.iter().map(|change| told("the filter", change, filter)));
    for (filter, options) in &set.filter_options {
        sentences.extend(options.iter().map(|change| told(&format!("the option of {filter}"), change, same)));
    }
    sentences.extend(set.geographic_levels.iter().map(|change| told("the level", change, same)));
    sentences.extend(set.indicators.iter().map(|change| told("the column", change, column)));
    sentences.extend(set.location_groups.iter().map(|change| told("the places of the level", change, same)));
    for places in set.location_options.values() {
        sentences.extend(places.iter().map(|change| told("the place", change, place)));
    }
    sentences.extend(set.time_periods.iter().map(|change| told("the period", change, period)));
    sentences
}

fn told<T>(what: &str, change: &Change<T>, text: impl Fn(&T) -> String) -> String {
    match (&change.previous, &change.current) {
        (Some(previous), Some(current)) => format!("{what} {} is now {}", text(previous), text(current)),
        (Some(previous), None) => format!("{what} {} was removed", text(previous)),
        (None, Some(current)) => format!("{what} {} is new", text(current)),
        (None, None) => format!("{what} is unchanged"),
    }
}
