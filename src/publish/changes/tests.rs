use super::*;
use crate::domain::release::ReleaseKind;
use crate::publish::published::{self, PublishedTable};
use serde_json::{Value, json};

const PLACES: [&str; 8] = [
    "geographic_level",
    "country_code",
    "country_name",
    "region_code",
    "region_name",
    "old_la_code",
    "new_la_code",
    "la_name",
];

/// A small data set: one filter, two columns, England and two authorities.
#[derive(Clone)]
struct Made {
    year: i32,
    items: Vec<&'static str>,
    columns: Vec<(&'static str, &'static str, &'static str)>,
    places: Vec<(&'static str, &'static str, &'static str)>,
    notes: &'static str,
    kind: ReleaseKind,
    /// The first figure of the first row.
    first: i64,
}

fn made(year: i32) -> Made {
    Made {
        year,
        items: vec!["Total", "Female"],
        columns: vec![("return_count", "Returns", ""), ("return_percent", "Share", "%")],
        places: vec![("330", "E08000025", "Birmingham"), ("331", "E08000026", "Coventry")],
        notes: "a note",
        kind: ReleaseKind::Provisional,
        first: 100,
    }
}

impl Made {
    fn collection(&self) -> String {
        format!("example-{}", self.year)
    }

    fn edition(&self) -> Edition {
        Edition { kind: self.kind, label: format!("Year {}", self.year), reason: None }
    }

    fn file(&self) -> Vec<u8> {
        let mut fields = vec![json!({"name": "time_period", "kind": "time"})];
        fields.extend(PLACES.map(|name| json!({"name": name, "kind": "place"})));
        fields.push(json!({"name": "sex", "kind": "filter", "label": "Sex", "default": "Total"}));
        fields.extend(self.columns.iter().map(
            |(name, label, unit)| json!({"name": name, "kind": "figure", "label": label, "unit": unit, "decimals": 0}),
        ));
        let (level, country) = ("Local authority", ["E92000001", "England"]);
        let mut places = vec![json!(["National", country[0], country[1], null, null, null, null, null])];
        let region = ["E12000005", "West Midlands"];
        places.extend(
            self.places
                .iter()
                .map(|(old, new, name)| json!([level, country[0], country[1], region[0], region[1], old, new, name])),
        );
        let mut rows: Vec<Value> = Vec::new();
        for place in places {
            for item in &self.items {
                let mut row = vec![json!(self.year)];
                row.extend(place.as_array().expect("a list").clone());
                row.push(json!(item));
                let first = if rows.is_empty() { json!(self.first) } else { json!(7) };
                row.push(first);
                row.extend(self.columns.iter().skip(1).map(|_| json!("c")));
                rows.push(Value::Array(row));
            }
        }
        let file = json!({
            "indicator": "returns", "label": "Returns", "definition": "d", "population": "p", "notes": [self.notes],
            "time_identifier": "Reporting year", "fields": fields, "rows": rows,
        });
        file.to_string().into_bytes()
    }

    /// What changes when this is published after the series, and the series with it.
    fn publish(&self, series: &mut Vec<EarlierRelease>) -> Changes {
        let changes = self.after(series);
        let mut files = BTreeMap::from([
            ("returns.json".to_owned(), self.file()),
            ("changes.json".to_owned(), changes.to_json().into_bytes()),
        ]);
        let entry = |(name, bytes): (&String, &Vec<u8>)| json!({"name": name, "bytes": bytes.len(), "sha256": Digest::of(bytes)});
        let manifest = json!({
            "collection": self.collection(), "year": self.year, "kind": self.kind, "label": "x", "reason": null,
            "specification": "example", "specification_version": "1", "specification_digest": Digest::of(b""),
            "policy_digest": Digest::of(b""), "program": "homeward", "returns": [],
            // So that no two manifests are the same.
            "earlier": series.last().map(|one| json!({"collection": one.collection(), "year": one.year(), "sha256": one.digest})).as_slice(),
            "files": files.iter().map(entry).collect::<Vec<_>>(),
        });
        files.insert("manifest.json".to_owned(), manifest.to_string().into_bytes());
        series.push(EarlierRelease::from_files(&files).expect("reads back"));
        changes
    }

    fn after(&self, series: &[EarlierRelease]) -> Changes {
        let read = self.read();
        self.compared(series, BTreeMap::from([("returns", (&read.words, &read.table))]))
    }

    fn read(&self) -> PublishedTable {
        published::read("returns.json", &self.file(), self.year).expect("reads").expect("is a table")
    }

    fn compared(&self, series: &[EarlierRelease], tables: BTreeMap<&str, (&Words, &EarlierTable)>) -> Changes {
        let (collection, edition) = (self.collection(), self.edition());
        between(series, &Compared { collection: &collection, year: self.year, edition: &edition, tables })
    }
}

fn published(series: &[i32]) -> Vec<EarlierRelease> {
    let mut releases = Vec::new();
    for year in series {
        made(*year).publish(&mut releases);
    }
    releases
}

/// The size and version of the one data set.
fn told(changes: &Changes) -> (Size, String) {
    let one = &changes.indicators["returns"];
    (one.size, one.version.to_string())
}

fn revised(edit: impl Fn(&mut Made)) -> IndicatorChanges {
    let mut new = made(2026);
    edit(&mut new);
    new.after(&published(&[2026])).indicators.remove("returns").expect("is compared")
}

#[test]
fn the_first_release_is_1_0_and_another_year_is_a_minor_change() {
    let first = made(2025).after(&[]);
    assert_eq!((told(&first), first.revises), ((Size::New, "1.0".to_owned()), None));
    let next = made(2026).after(&published(&[2025]));
    assert_eq!((told(&next), next.revises), ((Size::Minor, "1.1".to_owned()), None));
    let one = &next.indicators["returns"];
    let period = PeriodState { period: "2026".to_owned(), identifier: "Reporting year".to_owned() };
    assert_eq!(one.minor.time_periods, [Change { previous: None, current: Some(period) }]);
    assert_eq!((one.values.rows_added, one.values.changed, one.values.rows_removed), (6, 0, 0));
}

#[test]
fn what_did_not_change_keeps_its_version_and_words_alone_are_a_patch() {
    let same = revised(|_| {});
    assert_eq!((same.size, same.version), (Size::None, DataVersion::FIRST));
    let noted = revised(|new| new.notes = "another note");
    assert_eq!(
        (noted.size, noted.version.to_string().as_str(), noted.words),
        (Size::Patch, "1.0.1", vec!["notes".to_owned()])
    );
    let final_one = revised(|new| new.kind = ReleaseKind::Final);
    assert_eq!((final_one.size, final_one.words), (Size::Patch, vec!["release kind".to_owned()]));
}

#[test]
fn changed_values_are_counted_by_column_and_minor() {
    let changed = revised(|new| new.first = 110);
    assert_eq!((changed.size, changed.version.to_string().as_str()), (Size::Minor, "1.1"));
    assert_eq!(
        (changed.values.changed, &changed.values.columns),
        (1, &BTreeMap::from([("return_count".to_owned(), 1)]))
    );
    assert!(changed.minor.is_empty() && changed.major.is_empty());
}

#[test]
fn what_is_gone_or_renamed_is_major_and_what_is_new_is_minor() {
    let gone = revised(|new| new.items = vec!["Total"]);
    assert_eq!((gone.size, gone.version.to_string().as_str()), (Size::Major, "2.0"));
    assert_eq!(gone.major.filter_options["sex"], [Change { previous: Some("Female".to_owned()), current: None }]);
    assert_eq!(gone.values.rows_removed, 3);
    let renamed = revised(|new| new.items = vec!["Total", "Girls"]);
    assert_eq!((renamed.size, renamed.minor.filter_options["sex"].len()), (Size::Major, 1));
    let new = revised(|new| new.items.push("Male"));
    assert_eq!((new.size, new.version.to_string().as_str()), (Size::Minor, "1.1"));
    let column = revised(|new| new.columns.truncate(1));
    assert_eq!((column.size, column.major.indicators.len()), (Size::Major, 1));
    let label = revised(|new| new.columns[0].1 = "Returns home");
    assert_eq!((label.size, label.minor.indicators.len()), (Size::Minor, 1));
    let unit = revised(|new| new.columns[1].2 = "pp");
    assert_eq!((unit.size, unit.minor.indicators.len()), (Size::Minor, 1));
    let level = revised(|new| new.places.clear());
    assert_eq!(
        (level.size, level.major.geographic_levels.len(), level.major.location_groups.len()),
        (Size::Major, 1, 1)
    );
    let place = revised(|new| new.places.truncate(1));
    assert_eq!((place.size, place.major.location_options["Local authority"].len()), (Size::Major, 1));
}

#[test]
fn a_place_is_the_same_whatever_else_of_it_changes() {
    let named = revised(|new| new.places[0].2 = "City of Birmingham");
    assert_eq!((named.size, named.values.clone()), (Size::Minor, ValueChanges::default()));
    let coded = revised(|new| new.places[0].1 = "E08000099");
    assert_eq!((coded.size, coded.values.clone()), (Size::Major, ValueChanges::default()));
}

#[test]
fn a_series_goes_on_in_the_order_of_publication() {
    let mut series = published(&[2025, 2026]);
    // What is gone from one year and still there in the other is not gone from the data set.
    let mut revision = made(2025);
    revision.items = vec!["Total"];
    let changes = revision.publish(&mut series);
    assert_eq!(told(&changes), (Size::Minor, "1.2".to_owned()));
    assert_eq!(changes.indicators["returns"].values.rows_removed, 3);
    assert_eq!(changes.revises, Some(series[0].digest));
    assert_eq!(changes.follows, Some(series[1].digest));
    assert_eq!(told(&revision.after(&series)), (Size::None, "1.2".to_owned()), "the latest release of a year stands");
}

#[test]
fn a_data_set_that_is_left_out_is_withdrawn_and_may_come_back() {
    let series = published(&[2026]);
    let without = made(2026).compared(&series, BTreeMap::new());
    let one = &without.indicators["returns"];
    assert!(one.withdrawn);
    assert_eq!((one.size, one.version.to_string().as_str()), (Size::Major, "2.0"));
    let next_year = made(2027).compared(&series, BTreeMap::new());
    assert!(next_year.indicators.is_empty(), "its earlier years stand as they are");
}

#[test]
fn the_document_reads_back_and_reads_well() {
    let mut new = made(2026);
    new.items.push("Male");
    new.first = 110;
    new.columns[0].1 = "Returns home";
    let mut changes = new.after(&published(&[2026]));
    changes.edition.reason = Some("One authority corrected its return.".to_owned());
    assert_eq!(serde_json::from_str::<Changes>(&changes.to_json()).expect("reads"), changes);
    insta::assert_snapshot!(in_words(&changes), @r"
    # Changes: Year 2026, provisional

    This release of example-2026 takes the place of the one before, because: One authority corrected its return.

    | data set | version | before | change |
    |---|---|---|---|
    | returns | 1.1 | 1.0 | minor |

    ## returns: Returns

    - Minor: the option of sex Male is new.
    - Minor: the column return_count (Returns, 0 decimals) is now return_count (Returns home, 0 decimals).
    - Minor: 1 figure changed (return_count 1).
    - Minor: 3 rows added.

    Major: something that a program may name was removed or renamed. Minor: something was added, or a label, a unit or a figure changed. Patch: only words about the figures changed. A data set in which nothing changed keeps its version.
    ");
}
