mod random_queries;
mod series;
mod survey;

use super::*;
use crate::aggregate::{AcceptedReturn, Aggregator, NationalData, example};
use crate::disclosure::{ClearedTables, Earlier, Policies, clear};
use crate::domain::stage::unmeasured;
use crate::spec::{Collection, Indicator, Specification, SpecificationFiles};
use std::collections::BTreeMap;

struct Year {
    specification: Specification,
    collection: Collection,
    aggregator: Aggregator,
    policies: Policies,
}

/// The specification with the first breakdowns of each indicator only: protecting all of them takes a test too long.
fn specification() -> Specification {
    let shortened = |text: &str| {
        let short = |line: &str| {
            let Some(list) = line.strip_prefix("breakdowns = [").filter(|list| list.len() > 4) else {
                return line.to_owned();
            };
            let kept: Vec<&str> =
                list.trim_end_matches(']').split(", ").filter(|column| !column.starts_with("\"fam_")).take(4).collect();
            format!("breakdowns = [{}]", kept.join(", "))
        };
        text.lines().map(short).collect::<Vec<_>>().join("\n")
    };
    let files = SpecificationFiles::embedded().expect("the files");
    let texts = files.iter().map(|(path, text)| {
        let text = if path.contains("/indicators/") { shortened(text) } else { text.to_owned() };
        (path.to_owned(), text)
    });
    Specification::load(SpecificationFiles::from_texts(texts)).expect("the specification")
}

fn year() -> Year {
    year_of(specification())
}

fn year_of(specification: Specification) -> Year {
    let collection = specification.collection(&specification.examples_for).expect("a collection").clone();
    let aggregator = Aggregator::new(&specification, &collection).expect("plans");
    let policies = Policies::load(&specification).expect("policies");
    Year { specification, collection, aggregator, policies }
}

impl Year {
    fn release(
        &self,
        returns: Vec<(AcceptedReturn, Origin)>,
        earlier: &[EarlierRelease],
    ) -> Result<ReleaseFiles, PublishError> {
        build(&self.specification, &self.collection, &Edition::first(&self.collection), returns, earlier, &unmeasured)
    }
}

fn rows(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let headings = reader.headers().expect("headings").iter().map(str::to_owned).collect();
    let rows = reader.records().map(|record| record.expect("CSV").iter().map(str::to_owned).collect()).collect();
    (headings, rows)
}

/// Whether the published file has exactly one row with these cells.
fn has_row(
    data: &(Vec<String>, Vec<Vec<String>>),
    headings: &[String],
    wanted: &[String],
    figures: &[String],
) -> String {
    let at =
        |name: &String| data.0.iter().position(|known| known == name).unwrap_or_else(|| panic!("no column {name}"));
    let keys: Vec<usize> = (0..headings.len()).filter(|index| !figures.contains(&headings[*index])).collect();
    let fits = |row: &&Vec<String>| keys.iter().all(|index| row[at(&headings[*index])] == wanted[*index]);
    let found: Vec<&Vec<String>> = data.1.iter().filter(fits).collect();
    match found.as_slice() {
        [row] => headings.iter().map(|name| row[at(name)].as_str()).collect::<Vec<_>>().join(","),
        other => format!("{} rows", other.len()),
    }
}

#[test]
fn every_indicator_has_a_worked_example_that_holds() {
    let year = year();
    let mut faults = Vec::new();
    for indicator in year.specification.indicators.values() {
        let returns = example::returns(&year.specification, &indicator.page);
        assert!(!returns.is_empty(), "{} has no worked example", indicator.id);
        let national = NationalData::new(&year.specification, &year.collection, returns).expect("national data");
        let mut raw = match year.aggregator.run(&national) {
            Ok(raw) => raw,
            Err(error) => {
                faults.push(format!("{}: {error}", indicator.id));
                continue;
            }
        };
        check_counted(indicator, &raw, &mut faults);
        // Protected with the tables that count the same units: with all of them it takes a test too long.
        let own = raw.tables.iter().find(|table| table.definition.id == indicator.id).expect("the table");
        let population = own.definition.population.clone();
        raw.tables.retain(|table| table.definition.population == population);
        match clear(&raw, &year.policies, &Earlier::default()) {
            Ok((tables, _)) => check_published(indicator, &tables, &mut faults),
            Err(refusal) => {
                let report = refusal.report.as_ref().map(ToString::to_string).unwrap_or_default();
                faults.push(format!("{}: {refusal}\n{report}", indicator.id));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn check_counted(indicator: &Indicator, raw: &crate::aggregate::RawTables, faults: &mut Vec<String>) {
    let table = raw.tables.iter().find(|table| table.definition.id == indicator.id).expect("the table");
    let definition = &table.definition;
    let fence = indicator.page.fences.iter().find(|fence| fence.language == "counted").expect("a `counted` fence");
    let (headings, wanted) = rows(&fence.text);
    for line in wanted {
        let cell = |name: &str| headings.iter().position(|heading| heading == name).map(|at| line[at].as_str());
        let authority = raw.geography.number_of(cell("authority").expect("an authority")).expect("it is live");
        let row = definition.rows().iter().position(|row| {
            cell("breakdown_topic").is_none_or(|topic| definition.breakdown_labels(row).0 == topic)
                && cell("breakdown").is_none_or(|item| definition.breakdown_labels(row).1 == item)
                && definition
                    .filters
                    .iter()
                    .zip(&row.filters)
                    .all(|(filter, at)| cell(&filter.column).is_none_or(|item| filter.items[*at] == item))
        });
        let Some(row) = row else {
            faults.push(format!("{}: no such row: {line:?}", indicator.id));
            continue;
        };
        for (quantity, name) in definition.count_names().into_iter().enumerate() {
            let ours = table.count(authority, row, quantity).to_string();
            if let Some(expected) = cell(name).filter(|expected| *expected != ours) {
                faults.push(format!("{}: {name} is {ours} and not {expected} in {line:?}", indicator.id));
            }
        }
    }
}

fn check_published(indicator: &Indicator, tables: &ClearedTables, faults: &mut Vec<String>) {
    let table = tables.table(&indicator.id).expect("the table");
    let data = rows(std::str::from_utf8(&ees::data(tables, table)).expect("UTF-8"));
    let figures: Vec<String> = table.columns().iter().map(|column| column.name.clone()).collect();
    let fence = indicator.page.fences.iter().find(|fence| fence.language == "published").expect("a `published` fence");
    let (headings, wanted) = rows(&fence.text);
    for line in wanted {
        let ours = has_row(&data, &headings, &line, &figures);
        if ours != line.join(",") {
            faults.push(format!("{}: {ours} is published and not {}", indicator.id, line.join(",")));
        }
    }
}

fn example_returns(year: &Year, indicator: &str) -> Vec<(AcceptedReturn, Origin)> {
    let page = &year.specification.indicators[indicator].page;
    let origin = || Origin { id: None, version: Some(1), late: Some(false) };
    example::returns(&year.specification, page).into_iter().map(|one| (one, origin())).collect()
}

#[test]
fn the_same_returns_give_the_same_bytes_in_whatever_order_they_come() {
    let year = year();
    let release = |backwards: bool| {
        let mut returns = example_returns(&year, "returns");
        if backwards {
            returns.reverse();
        }
        year.release(returns, &[]).expect("a release")
    };
    let (one, other) = (release(false), release(true));
    assert!(one.files.contains_key("returns.parquet") && one.files.contains_key("manifest.json"));
    assert_eq!(one.manifest, other.manifest);
    assert!(one.files == other.files, "every byte of every file");
    assert_eq!(one.manifest.returns.len(), 2);
    let folder = tempfile::tempdir().expect("a folder");
    one.write(folder.path()).expect("it is written");
    one.write(folder.path()).expect("the same files may be written again");
    std::fs::write(folder.path().join("other.txt"), "x").expect("a file");
    assert!(matches!(one.write(folder.path()), Err(PublishError::NotEmpty { .. })));
}

#[test]
fn the_gate_finds_what_is_planted() {
    let year = year();
    let release = year.release(example_returns(&year, "returns"), &[]).expect("a release");
    let fails = |name: &str, from: &str, to: &str, check: &str| {
        let mut files: BTreeMap<String, Vec<u8>> = release.files.clone();
        let text = String::from_utf8(files[name].clone()).expect("UTF-8");
        assert!(text.contains(from), "{name} has {from:?}");
        files.insert(name.to_owned(), text.replacen(from, to, 1).into_bytes());
        let faults = gate::check(&files, &release.tables, &year.policies, &year.specification.register);
        assert!(faults.iter().any(|fault| fault.check == check), "{check}: {faults:?}");
    };
    assert_eq!(gate::check(&release.files, &release.tables, &year.policies, &year.specification.register), []);
    let row = "Local authority,E92000001,England,E12000005,West Midlands,330,E08000025,Birmingham,Total,Total,13";
    let with = |figure: &str| row.replace(",13", &format!(",{figure}"));
    for (figure, check) in [
        ("", "figure_is_number_or_symbol"),
        ("twelve", "figure_is_number_or_symbol"),
        ("C", "figure_is_number_or_symbol"),
        ("\"1,234\"", "figure_is_number_or_symbol"),
        ("12%", "figure_is_number_or_symbol"),
        ("-5", "count_is_whole"),
        ("3", "small_number_hidden"),
    ] {
        fails("returns.csv", row, &with(figure), check);
    }
    fails("returns.csv", &format!("2026,Reporting year,{row}\n"), "", "matrix_complete");
    fails("returns.csv", row, &row.replace("E12000005,West Midlands", "E12000004,East Midlands"), "geog_la_combos");
    fails("returns.csv", row, &row.replace("E92000001", ""), "geog_country_combos");
    let england = "National,E92000001,England,,,,,,Total,Total,30";
    fails("returns.csv", england, &england.replace(",30", ",90"), "place_is_sum");
    fails("returns.csv", england, &england.replace(",30", ",90"), "total_is_sum");
    fails("returns.csv", "2026,", "2025,", "time_period");
    fails("returns.csv", "Sex,Female", "Sex, Female", "filter_blanks");
    fails("returns.csv", "Sex,Female", "Sex,Male", "general_dupes");
    fails("returns_planned.csv", ",67\n", ",250\n", "percentage_in_range");
    fails("returns.meta.csv", "Breakdown topic", "<b>Breakdown</b>", "meta_label");
    fails("returns.meta.csv", "Breakdown topic", &"Breakdown ".repeat(9), "api_char_col_label");
    fails("returns.csv", row, &row.replace("E08000025", "E08000099"), "geog_la_combos");
    fails("returns.meta.csv", "breakdown,Filter,Breakdown,", "breakdown,Filter,Breakdown topic,", "meta_dupe_label");
    fails("returns.meta.csv", "return_count,Indicator", "female_count,Indicator", "col_ind_smushed");
    fails("returns.meta.csv", "return_count,Indicator", "return_count,Measure", "meta_col_type");
}

#[test]
fn charts_show_cleared_figures_with_their_symbols() {
    let year = year();
    let release = year.release(example_returns(&year, "returns"), &[]).expect("a release");
    let line = |label, indicator, column| ChartLine { label, indicator, filters: &[], column };
    let lines = [
        line("Returns home", "returns", "return_count"),
        line("Planned", "returns_planned", "planned_percent"),
        line("Left care", "leavers_home", "ceased_count"),
    ];
    insta::assert_snapshot!(bars(&release.tables, &lines), @r"
    Returns home       30  ████████████████████████████████████████
    Planned           67%  ███████████████████████████
    Left care           0
    ");
    let text = by_region(&release.tables, &lines[..2]);
    assert!(text.lines().any(|line| line.starts_with("London") && line.contains('x')), "{text}");
}
