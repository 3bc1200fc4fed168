//! What each address answers, in the members that DfE's clients read.

use super::super::service_support::files;
use super::{Answer, Published, YEAR};
use axum::body::Body;
use axum::http::Request;
use homeward::flow::{FieldKind, NewRelease, VersionSelector};
use homeward::publish::dataset::DataSet;
use serde_json::{Value, json};

fn members(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn is_short_id(value: &Value) -> bool {
    let id = value.as_str().expect("an identifier");
    (5..=10).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

const HOLDS: [&str; 6] = ["totalResults", "file", "timePeriods", "geographicLevels", "filters", "indicators"];

#[tokio::test]
async fn every_address_answers_in_the_shape_of_the_public_api() {
    let service = Published::new().await;
    let draft =
        service.draft(NewRelease { reason: Some("A return was corrected.".to_owned()), ..NewRelease::of(YEAR) });
    draft.await;

    let publications = service.get("/v1/publications?page=1&pageSize=40&search=children").await.json();
    assert_eq!(publications["paging"], json!({"page": 1, "pageSize": 40, "totalResults": 1, "totalPages": 1}));
    let publication = publications["results"][0].clone();
    assert_eq!(members(&publication), ["id", "title", "slug", "summary", "lastPublished"]);
    assert_eq!(service.get("/v1/publications?search=absence").await.json()["paging"]["totalResults"], 0);
    let path = format!("/v1/publications/{}", publication["id"].as_str().expect("an identifier"));
    assert_eq!(service.get(&path).await.json(), publication);

    let list = service.get(&format!("{path}/data-sets?pageSize=1")).await.json();
    assert_eq!((list["paging"]["totalPages"].as_u64(), list["results"].as_array().map(Vec::len)), (Some(3), Some(1)));
    let data_set = list["results"][0].clone();
    assert_eq!(members(&data_set), ["id", "title", "summary", "status", "latestVersion"]);
    assert_eq!(members(&data_set["latestVersion"]), [&["version", "published"], HOLDS.as_slice()].concat());
    let one = service.get(&format!("/v1/data-sets/{}", data_set["id"].as_str().expect("an identifier"))).await;
    assert_eq!(one.json(), data_set);

    let path = service.data_set().await;
    let summary = service.get(&path).await.json();
    let meta = service.get(&format!("{path}/meta")).await.json();
    assert_eq!(members(&meta), ["filters", "indicators", "geographicLevels", "locations", "timePeriods"]);
    assert_eq!(members(&meta["filters"][0]), ["id", "column", "label", "hint", "options"]);
    assert_eq!(members(&meta["filters"][0]["options"][0]), ["id", "label"]);
    assert_eq!(members(&meta["indicators"][0]), ["id", "column", "label", "unit", "decimalPlaces"]);
    assert_eq!(meta["timePeriods"], json!([{"code": "RY", "period": "2026", "label": "2026"}]));
    let levels: Vec<&str> =
        meta["locations"].as_array().expect("groups").iter().filter_map(|one| one["level"]["code"].as_str()).collect();
    assert_eq!(levels, ["NAT", "REG", "LA"]);
    assert_eq!(members(&meta["locations"][2]["options"][0]), ["id", "label", "code", "oldCode"]);
    assert!(is_short_id(&meta["filters"][0]["id"]) && is_short_id(&meta["indicators"][0]["id"]));
    let some = service.get(&format!("{path}/meta?types=Indicators,TimePeriods")).await.json();
    assert_eq!((some["filters"].clone(), some["indicators"].clone()), (json!([]), meta["indicators"].clone()));

    let everything = service.post(&format!("{path}/query"), "").await.json();
    assert_eq!(everything["paging"]["totalResults"], summary["latestVersion"]["totalResults"]);
    let result = &everything["results"][0];
    assert_eq!(members(result), ["timePeriod", "geographicLevel", "locations", "filters", "values"]);
    assert_eq!(members(&result["values"]).len(), meta["indicators"].as_array().map_or(0, Vec::len));
    assert!(result["values"].as_object().expect("values").values().all(Value::is_string));
    let body = r#"{ /* one region */ "criteria": {"locations": {"eq": {"level": "REG", "code": "E12000005"}}}, "pageSize": 3 }"#;
    let posted = service.post(&format!("{path}/query"), body).await.json();
    let asked = service.get(&format!("{path}/query?locations.eq=REG%7Ccode%7CE12000005&pageSize=3")).await.json();
    assert_eq!(posted, asked);
    assert!(posted["paging"]["totalResults"].as_u64().is_some_and(|total| total > 3));

    let csv = service.get(&format!("{path}/csv")).await;
    let text = csv.text();
    assert!(text.starts_with("time_period,time_identifier,geographic_level,country_code,"), "{text:.200}");
    assert_eq!(text.lines().count() as u64, 1 + summary["latestVersion"]["totalResults"].as_u64().expect("a number"));
    assert_eq!((csv.header("x-robots-tag"), csv.header("content-type")), ("noindex", "text/csv; charset=utf-8"));
    assert!(csv.header("content-disposition").ends_with("_v1.0.csv\""));

    let versions = service.get(&format!("{path}/versions")).await.json();
    assert_eq!(versions["paging"]["totalResults"], 1);
    let version = service.get(&format!("{path}/versions/1.*")).await.json();
    assert_eq!(versions["results"][0], version);
    assert_eq!(
        members(&version),
        [&["version", "type", "status", "published", "notes", "release"], HOLDS.as_slice()].concat()
    );
    assert_eq!((version["type"].as_str(), version["version"].as_str()), (Some("Major"), Some("1.0")));

    let changes = service.get(&format!("{path}/versions/1.0/changes")).await.json();
    assert_eq!(members(&changes), ["versionNumber", "notes", "majorChanges", "minorChanges", "valueChanges"]);
    assert_eq!((changes["majorChanges"].clone(), changes["minorChanges"].clone()), (json!({}), json!({})));

    for path in [format!("{path}/meta"), path.clone()] {
        let older = path.replacen("/v1/", "/v1.0/", 1);
        assert_eq!(service.get(&older).await.json(), service.get(&path).await.json(), "{older}");
    }
}

#[tokio::test]
async fn answers_are_tagged_kept_and_compressed() {
    let service = Published::new().await;
    let path = service.data_set().await;
    let publications = service.get("/v1/publications").await.json();
    let publication = publications["results"][0]["id"].as_str().expect("an identifier").to_owned();
    let reads = [
        "/v1/publications".to_owned(),
        format!("/v1/publications/{publication}"),
        format!("/v1/publications/{publication}/data-sets"),
        path.clone(),
        format!("{path}/meta"),
        format!("{path}/query?geographicLevels.eq=NAT"),
        format!("{path}/csv"),
        format!("{path}/versions"),
        format!("{path}/versions/1.0"),
        format!("{path}/versions/1.0/changes"),
        "/v1/releases".to_owned(),
    ];
    for read in &reads {
        let first = service.get(read).await;
        let tag = first.header("etag").to_owned();
        assert!(first.status == 200 && tag.starts_with("W/\""), "{read}: {} {}", first.status, first.text());
        for known in [tag.as_str(), "*", &format!("\"other\", {tag}"), tag.trim_start_matches("W/")] {
            let again = service.get_with(read, ("if-none-match", known)).await;
            assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, tag.as_str()), "{read}");
        }
        assert_eq!(service.get_with(read, ("if-none-match", "W/\"other\"")).await.status, 200);
        let head: Answer = service.send(Request::head(read).body(Body::empty()).expect("is a request")).await;
        assert_eq!((head.status, head.body.len(), head.header("etag")), (200, 0, tag.as_str()), "{read}");
        if !read.starts_with("/v1/releases") {
            assert_eq!(first.header("api-supported-versions"), "1", "{read}");
            let pinned = read.contains("1.0");
            let keep = if pinned { "public, max-age=31536000, immutable" } else { "public, no-cache" };
            assert_eq!(first.header("cache-control"), keep, "{read}");
        }
    }
    let pinned = service.get(&format!("{path}/query?dataSetVersion=1.0")).await;
    assert!(pinned.header("cache-control").ends_with("immutable"));
    let posted = service.post(&format!("{path}/query"), "{}").await;
    assert!(posted.header("etag").starts_with("W/\"") && posted.status == 200);
    let whole = service.get(&format!("{path}/csv")).await;
    let packed = service.get_with(&format!("{path}/csv"), ("accept-encoding", "gzip")).await;
    assert_eq!((packed.header("content-encoding"), &packed.body[..2]), ("gzip", [0x1f, 0x8b].as_slice()));
    assert!(packed.body.len() * 2 < whole.body.len() && packed.header("vary").contains("accept-encoding"));
    assert_eq!(packed.header("etag"), whole.header("etag"));
}

#[tokio::test]
async fn who_has_an_answer_already_costs_nothing() {
    let service = Published::new().await;
    let path = service.data_set().await;
    let reads = ["meta", "csv", "query?geographicLevels.eq=NAT"].map(|read| format!("{path}/{read}"));
    let mut tags = Vec::new();
    for read in &reads {
        tags.push(service.get(read).await.header("etag").to_owned());
    }
    let service = service.started_again();
    for file in files(&service.house.folder().join("archive").join("releases")) {
        std::fs::remove_file(file).expect("is removed");
    }
    for (read, tag) in reads.iter().zip(&tags) {
        let known = service.get_with(read, ("if-none-match", tag)).await;
        assert_eq!(
            (known.status, known.header("etag")),
            (304, tag.as_str()),
            "{read} needs none of the release's files"
        );
        assert_ne!(service.get(read).await.status, 200, "{read} needs them for an answer");
    }
}

#[tokio::test]
async fn what_can_be_asked_for_is_written_once() {
    let service = Published::new().await;
    let path = service.data_set().await;
    let first = service.get(&format!("{path}/meta")).await;
    for again in ["meta", "meta?types=TimePeriods,Locations,Indicators,Filters", "meta?dataSetVersion=1.0"] {
        let again = service.get(&format!("{path}/{again}")).await;
        assert_eq!((&again.body, again.header("etag")), (&first.body, first.header("etag")));
    }
    let catalogue = service.house.service.catalogue().await.expect("is known");
    let id = path.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an identifier");
    let version = catalogue.data_set(id).and_then(|one| one.version(&VersionSelector::Latest, None)).expect("is there");
    let ask = async |kinds: &[FieldKind], written: &'static [u8]| {
        let kinds = kinds.iter().copied().collect();
        let write = move |_: &DataSet| written.to_vec();
        service.house.service.data_set_fields(version, &kinds, write).await.expect("is written").to_vec()
    };
    assert_eq!(ask(&FieldKind::ALL, b"anew").await, first.body);
    assert_eq!(ask(&[FieldKind::Filters], b"one").await, b"one");
    assert_eq!(ask(&[FieldKind::Filters], b"other").await, b"one");
    assert_eq!(service.get(&format!("{path}/meta?types=Filters,Filters")).await.body, b"one");
    assert_eq!(ask(&[FieldKind::Filters, FieldKind::Indicators], b"other").await, b"other");
}
