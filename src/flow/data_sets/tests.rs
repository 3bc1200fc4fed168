//! Versions as they follow from a history of publications.

use super::catalogue::Catalogue;
use super::kept::{DataSets, FieldKind, Held};
use super::selector::VersionSelector;
use crate::domain::digest::Digest;
use crate::domain::identifier::{KeyId, ReleaseId};
use crate::domain::release::{DataVersion, ReleaseKind, ReleaseState};
use crate::publish::dataset::{DataSet, PublishedTable, data_set_id};
use crate::store::{ReleaseFile, ReleaseRecord};
use chrono::{DateTime, TimeZone as _, Utc};
use std::sync::Arc;

fn hour(hour: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 10, 1, hour, 0, 0).single().expect("is a time")
}

/// A release of a collection that holds these indicators, with versions where they are told.
fn release(at: u32, collection: &str, holds: &[&str], versions: &[(&str, &str)]) -> ReleaseRecord {
    let file =
        |indicator: &&str| ReleaseFile { name: format!("{indicator}.meta.csv"), digest: Digest::of(b""), bytes: 0 };
    let versions = versions.iter().map(|(name, version)| ((*name).to_owned(), version.parse().expect("is a version")));
    ReleaseRecord {
        id: ReleaseId::new(hour(at)),
        collection: collection.to_owned(),
        family: "series".to_owned(),
        state: ReleaseState::Published,
        kind: ReleaseKind::Provisional,
        label: format!("the year of {collection}"),
        revises: None,
        follows: None,
        reason: Some("it was wrong".to_owned()),
        manifest: String::new(),
        digest: Digest::of(b""),
        files: holds.iter().map(file).collect(),
        versions: versions.collect(),
        built: hour(at),
        built_by: KeyId::new(hour(0)),
        approved: None,
        approved_by: None,
        publish_at: None,
        scheduled_by: None,
        published: Some(hour(at)),
        published_by: None,
        discarded: None,
        discarded_by: None,
        discard_reason: None,
    }
}

fn catalogue(published: &[ReleaseRecord]) -> Catalogue {
    Catalogue::new("series", "A series: of things", published)
}

#[test]
fn a_version_is_what_stood_when_a_release_was_published() {
    let releases = [
        release(1, "2025", &["a", "b"], &[("a", "1.0"), ("b", "1.0")]),
        release(2, "2026", &["a"], &[("a", "1.1")]),
        release(3, "2025", &["a", "b"], &[("a", "2.0"), ("b", "1.0")]),
    ];
    let catalogue = catalogue(&releases);
    let a = catalogue.data_set(data_set_id("series", "a")).expect("is a data set");
    let told: Vec<(String, Vec<ReleaseId>)> =
        a.versions(None).map(|one| (one.version.to_string(), one.releases.clone())).collect();
    let [first, second, third] = releases.each_ref().map(|release| release.id);
    assert_eq!(
        told,
        [
            ("2.0".to_owned(), vec![third, second]),
            ("1.1".to_owned(), vec![second, first]),
            ("1.0".to_owned(), vec![first])
        ]
    );
    let then: Vec<String> = a.versions(Some(hour(2))).map(|one| one.version.to_string()).collect();
    assert_eq!(then, ["1.1", "1.0"]);
    let b = catalogue.data_set(data_set_id("series", "b")).expect("is a data set");
    assert_eq!(b.versions(None).count(), 1, "nothing changed");
    assert_eq!(b.version(&VersionSelector::Latest, None).map(|one| one.published), Some(hour(1)));
    let (publication, last) = catalogue.publication(None).expect("is published");
    assert_eq!((publication.slug.as_str(), last), ("a-series-of-things", hour(3)));
    assert!(catalogue.publication(Some(hour(0))).is_none() && catalogue.data_sets(Some(hour(0))).is_empty());
    let indicators: Vec<&str> = catalogue.data_sets(None).into_iter().map(|(one, _)| one.indicator.as_str()).collect();
    assert_eq!(indicators, ["a", "b"]);
}

#[test]
fn a_data_set_is_withdrawn_and_comes_back() {
    let releases = [
        release(1, "2025", &["a"], &[("a", "1.0")]),
        release(2, "2025", &["b"], &[("a", "2.0"), ("b", "1.0")]),
        release(3, "2025", &["a", "b"], &[("a", "3.0"), ("b", "1.0")]),
    ];
    let id = data_set_id("series", "a");
    let until = |count: usize| catalogue(&releases[..count]);
    assert_eq!(until(2).data_set(id).and_then(|one| one.withdrawn(None)), Some(hour(2)));
    assert_eq!(until(2).data_set(id).and_then(|one| one.withdrawn(Some(hour(1)))), None);
    let back = until(3);
    let back = back.data_set(id).expect("is a data set");
    assert_eq!(back.withdrawn(None), None);
    let versions: Vec<String> = back.versions(None).map(|one| one.version.to_string()).collect();
    assert_eq!(versions, ["3.0", "1.0"]);
}

#[test]
fn releases_without_versions_are_counted() {
    let releases = [release(1, "2025", &["a"], &[]), release(2, "2025", &["a"], &[])];
    let catalogue = catalogue(&releases);
    let a = catalogue.data_set(data_set_id("series", "a")).expect("is a data set");
    let versions: Vec<DataVersion> = a.versions(None).map(|one| one.version).collect();
    assert_eq!(versions, [DataVersion::FIRST.next_minor(), DataVersion::FIRST]);
}

#[test]
fn a_reader_names_a_version_or_the_newest_of_several() {
    let known: Vec<DataVersion> =
        ["1.0", "1.1", "1.1.1", "2.0", "2.1"].iter().map(|text| text.parse().expect("is a version")).collect();
    let newest = |text: &str| {
        let selector = VersionSelector::parse(text)?;
        known.iter().filter(|version| selector.means(**version)).max().map(ToString::to_string)
    };
    for (text, meant) in [
        ("*", "2.1"),
        ("*.*", "2.1"),
        ("1.*", "1.1.1"),
        ("1.1.*", "1.1.1"),
        ("1.1", "1.1"),
        ("v2.0", "2.0"),
        ("2", "2.0"),
        (" 1.1.1 ", "1.1.1"),
    ] {
        assert_eq!(newest(text).as_deref(), Some(meant), "{text}");
    }
    for text in ["", "1.*.1", "1.x", "+1.0", "1.0.0.0", "3.*", "99999999999", "-1", "*.1", "1..0"] {
        assert_eq!(newest(text), None, "{text}");
    }
    let pinned = |text| VersionSelector::parse(text).is_some_and(|selector| selector.is_pinned());
    assert!(pinned("1.0") && pinned("1") && !pinned("1.*") && !pinned("*"));
}

#[test]
fn a_catalogue_that_a_publication_overtook_is_not_kept() {
    let kept = DataSets::default();
    let mark = kept.mark();
    kept.published();
    kept.keep_catalogue(mark, Arc::new(catalogue(&[])));
    assert!(kept.catalogue().is_none());
    kept.keep_catalogue(kept.mark(), Arc::new(catalogue(&[])));
    assert!(kept.catalogue().is_some());
    kept.published();
    assert!(kept.catalogue().is_none());
}

/// A data set of one row.
fn small() -> Arc<DataSet> {
    let csv = "time_period,time_identifier,geographic_level,country_code,country_name,thing_count\n\
               2026,Reporting year,National,E92000001,England,7\n";
    let meta = "col_name,col_type,label,indicator_grouping,indicator_unit,indicator_dp,filter_hint,filter_grouping_column,\
                filter_default\nthing_count,Indicator,Number of things,,,0,,,\n";
    let json = r#"{"label": "Things", "definition": "how many there are", "rows": []}"#;
    let table = PublishedTable { name: "things", csv: csv.as_bytes(), meta: meta.as_bytes(), json: json.as_bytes() };
    Arc::new(DataSet::load(data_set_id("series", "a"), &[table]).expect("the files load"))
}

#[tokio::test]
async fn what_was_written_of_a_data_set_takes_room_and_goes_with_it() {
    let one = catalogue(&[release(1, "2025", &["a"], &[])]);
    let two = catalogue(&[release(2, "2025", &["a"], &[])]);
    let version = |catalogue: &Catalogue| {
        let history = catalogue.data_set(data_set_id("series", "a")).expect("is a data set");
        Arc::clone(history.version(&VersionSelector::Latest, None).expect("has a version"))
    };
    let (one, two) = (version(&one), version(&two));
    let data = small();
    let kept = DataSets::with_room(4 * data.weight());
    for version in [&one, &two] {
        let held = Arc::new(Held::new(Arc::clone(&data)));
        kept.cell(version).set(held).expect("is empty");
    }
    kept.make_room();
    let is_kept = |version| kept.cell(version).initialized();
    assert!(is_kept(&one) && is_kept(&two), "both have room");
    let held = Arc::clone(kept.cell(&two).get().expect("is kept"));
    held.keep_fields(FieldKind::ALL.into(), vec![0; 4 * data.weight()].into());
    kept.make_room();
    assert!(!is_kept(&one) && is_kept(&two), "the one that was not used for longest went");
}
