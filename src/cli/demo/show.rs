//! Prints coverage, and figures read from the downloaded files of the release.

use crate::cli::Trouble;
use crate::cli::client::Client;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The width of a full bar of the chart: 100%.
const BAR: usize = 40;

/// The files of a release on disk.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) folder: PathBuf,
    pub(super) count: usize,
}

/// A column of the national table: its heading, the file of its indicator, the filters that pick its row, its column.
struct Figure {
    heading: &'static str,
    file: &'static str,
    filters: &'static [(&'static str, &'static str)],
    column: &'static str,
}

const FIGURES: [Figure; 6] = [
    Figure { heading: "returns", file: "returns.csv", filters: &[], column: "return_count" },
    Figure { heading: "planned", file: "returns_planned.csv", filters: &[], column: "planned_percent" },
    Figure { heading: "of leavers", file: "leavers_home.csv", filters: &[], column: "returned_home_percent" },
    Figure {
        heading: "3 months",
        file: "reentry.csv",
        filters: &[("follow_up", "3 months")],
        column: "reentry_percent",
    },
    Figure { heading: "1 year", file: "reentry.csv", filters: &[("follow_up", "1 year")], column: "reentry_percent" },
    Figure { heading: "6 years", file: "reentry.csv", filters: &[("follow_up", "6 years")], column: "reentry_percent" },
];

pub(super) fn coverage(coverage: &Value) {
    say!("\nCoverage of {}", coverage["collection"].as_str().unwrap_or_default());
    say!("  {:<26} {:>9} {:>9} {:>9} {:>9}", "", "expected", "received", "signed", "accepted");
    let regions = coverage["regions"].as_array().into_iter().flatten();
    for row in std::iter::once(&coverage["england"]).chain(regions) {
        let number = |name: &str| row[name].as_u64().unwrap_or(0);
        let name = row["name"].as_str().unwrap_or_default();
        let (expected, received) = (number("expected"), number("received"));
        say!("  {name:<26} {expected:>9} {received:>9} {:>9} {:>9}", number("signed"), number("accepted"));
    }
}

/// Downloads every file of the release through the API.
pub(super) async fn download(client: &Client, release: &str, folder: &Path) -> Result<Written, Trouble> {
    let listed = client.get(&format!("/v1/releases/{release}")).await?;
    let files: Vec<&str> =
        listed["files"].as_array().into_iter().flatten().filter_map(|file| file["name"].as_str()).collect();
    fs::create_dir_all(folder)?;
    for name in &files {
        let bytes = client.document(&format!("/v1/releases/{release}/files/{name}"), "*/*").await?;
        fs::write(folder.join(name), bytes)?;
    }
    Ok(Written { folder: folder.to_owned(), count: files.len() })
}

/// The national table by region, and England's re-entry as a chart.
pub(super) fn national(written: &Written) -> Result<(), Trouble> {
    let mut columns = Vec::new();
    for figure in &FIGURES {
        columns.push(read(&written.folder.join(figure.file), figure)?);
    }
    say!("\nReturns home, and re-entry to care within 3 months, 1 year and 6 years (from the files of the release)");
    say_on!("  {:<26}", "");
    for figure in &FIGURES {
        say_on!(" {:>10}", figure.heading);
    }
    say!();
    let places: Vec<String> = columns.first().map(|column| column.keys().cloned().collect()).unwrap_or_default();
    let england = places.iter().filter(|place| *place == "England");
    for place in england.chain(places.iter().filter(|place| *place != "England")) {
        say_on!("  {place:<26}");
        for (figure, column) in FIGURES.iter().zip(&columns) {
            let value = column.get(place).map_or("z", String::as_str);
            let unit = if figure.column.ends_with("_percent") && value.parse::<f64>().is_ok() { "%" } else { "" };
            say_on!(" {:>10}", format!("{value}{unit}"));
        }
        say!();
    }
    say!("\nEngland: share of children back in care");
    for (figure, column) in FIGURES.iter().zip(&columns).filter(|(figure, _)| figure.file == "reentry.csv") {
        let value = column.get("England").map_or("z", String::as_str);
        let Ok(share) = value.parse::<f64>() else {
            say!("  {:<9} {value:>4}", figure.heading);
            continue;
        };
        // A share of the bar, which is far below any limit of the cast.
        let length = (share.clamp(0.0, 100.0) * BAR as f64 / 100.0).round() as usize;
        say!("  {:<9} {:>4}% {}", figure.heading, value, "█".repeat(length));
    }
    Ok(())
}

/// England's and the regions' figure of one column, by name of the place.
fn read(file: &Path, figure: &Figure) -> Result<BTreeMap<String, String>, Trouble> {
    let mut reader = csv::Reader::from_path(file)?;
    let headings = reader.headers()?.clone();
    let place = |name: &str| {
        let missing = || Trouble(format!("{} has no column {name}", file.display()));
        headings.iter().position(|heading| heading == name).ok_or_else(missing)
    };
    let (level, region, value) = (place("geographic_level")?, place("region_name")?, place(figure.column)?);
    let mut filters = Vec::new();
    for name in ["breakdown_topic", "breakdown", "cohort"] {
        if let Some(at) = headings.iter().position(|heading| heading == name) {
            filters.push((at, if name == "cohort" { "All years" } else { "Total" }));
        }
    }
    for (name, item) in figure.filters {
        filters.push((place(name)?, item));
    }
    let mut figures = BTreeMap::new();
    for record in reader.records() {
        let record = record?;
        if filters.iter().any(|(at, item)| record.get(*at) != Some(item)) {
            continue;
        }
        let name = match record.get(level) {
            Some("National") => "England",
            Some("Regional") => record.get(region).unwrap_or_default(),
            _ => continue,
        };
        figures.insert(name.to_owned(), record.get(value).unwrap_or_default().to_owned());
    }
    Ok(figures)
}
