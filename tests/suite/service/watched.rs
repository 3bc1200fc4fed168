//! What watches the service: metrics whose number of series nobody outside can make grow, and a log in which one upload can be
//! followed.

use super::{Actor, Running, small_return};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The series by the name of their metric, without values.
async fn series(service: &Running) -> BTreeMap<String, BTreeSet<String>> {
    let answer = reqwest::get(format!("{}/metrics", service.admin)).await.expect("metrics");
    let text = answer.text().await.expect("a text");
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, _) = line.rsplit_once(' ').expect("a series and its value");
        let name = series.split('{').next().unwrap_or_default();
        found.entry(name.to_owned()).or_default().insert(series.to_owned());
    }
    found
}

/// Requests to addresses that nobody else asks for, with methods that nobody else uses.
async fn strange_requests(service: &Running, submitter: &Actor, round: usize) {
    for number in 0..20 {
        let word = format!("r{round}n{number}");
        for path in [
            format!("/{word}"),
            format!("/v1/{word}"),
            format!("/v1/returns/{word}"),
            format!("/v1/returns/{word}/findings"),
            format!("/v1/collections/{word}/coverage"),
            format!("/v1/collections/{word}/specification/rules/{word}"),
            format!("/v1/releases/{word}/files/{word}/{word}.csv"),
            format!("/v1/data-sets/{word}/query?{word}=1"),
            format!("/v1.0/data-sets/{word}"),
            format!("/v1/problems/{word}"),
        ] {
            submitter.get(&path).await;
        }
        let method = format!("M{}", word.to_uppercase());
        Actor::send(submitter.request(&method, "/v1/returns")).await;
        let stranger = Actor { key: word.clone(), ..submitter.clone() };
        Actor::send(stranger.request("GET", "/v1/returns").header("User-Agent", word.as_str())).await;
        let upload = submitter.request("POST", "/v1/checks").header("Idempotency-Key", word.as_str());
        Actor::send(upload.body(format!("{word}\n1\n"))).await;
    }
    let none = reqwest::get(format!("{}/metrics/r{round}", service.admin)).await.expect("an answer");
    assert_eq!(none.status(), 404);
}

#[tokio::test]
async fn the_number_of_series_is_bounded() {
    let rates = ["REQUESTS", "UPLOADS", "ANONYMOUS"].map(|rate| format!("HOMEWARD_RATES_{rate}_PER_MINUTE"));
    let settings: Vec<(&str, &str)> = rates.iter().map(|rate| (rate.as_str(), "100000")).collect();
    let service = Running::start(&settings);
    let submitter = service.acting("submitter", Some("330"));
    submitter.upload(small_return("330"), "one").await;
    strange_requests(&service, &submitter, 1).await;
    let before = series(&service).await;
    strange_requests(&service, &submitter, 2).await;
    let after = series(&service).await;
    let none = BTreeSet::new();
    for (name, series) in &after {
        let grown: Vec<&String> = series.difference(before.get(name).unwrap_or(&none)).collect();
        assert!(grown.is_empty(), "{name} has grown by {grown:?}");
    }
    let document: Value = submitter.get("/v1/openapi.json").await.json();
    let routes: BTreeSet<&str> = document["paths"].as_object().expect("paths").keys().map(String::as_str).collect();
    for series in &after["homeward_http_requests_total"] {
        let route = series.split("route=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a route");
        let shown = route.replace("/v1.0", "/v1").replace("{*", "{");
        let is_known = routes.contains(shown.as_str()) || ["unknown", "/v1/openapi.json"].contains(&route);
        assert!(is_known || route.starts_with("/v1.0"), "{route} is no pattern of the API");
        let method = series.split("method=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a method");
        assert!(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "other"].contains(&method), "{method}");
    }
    assert!(after.keys().all(|name| name.starts_with("homeward_") || name.starts_with("process_")));
    assert!(after.contains_key("process_cpu_seconds_total") && after.contains_key("homeward_disk_free_bytes"));
}

#[tokio::test]
async fn one_upload_can_be_followed_through_the_log() {
    let service = Running::start(&[("HOMEWARD_LOG_FORMAT", "json")]);
    let submitter = service.acting("submitter", Some("330"));
    let sent = submitter.upload(small_return("330"), "one").await;
    let (id, request) = (sent.json()["return"]["id"].as_str().expect("an id").to_owned(), sent.header("x-request-id"));
    let log = service.log();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let of_upload: Vec<&Value> = lines.iter().filter(|line| line["return_id"] == id.as_str()).collect();
    let told: Vec<&str> = of_upload.iter().filter_map(|line| line["message"].as_str()).collect();
    assert_eq!(told, ["an upload was received", "an upload was checked"]);
    for line in &of_upload {
        assert_eq!(line["span"]["id"], request, "the line belongs to the request: {line}");
    }
    let answered = lines.iter().find(|line| line["message"] == "answered" && line["span"]["id"] == request);
    let answered = answered.expect("the request has its line");
    assert_eq!((&answered["status"], &answered["span"]["route"]), (&"201".into(), &"/v1/returns".into()));
}

#[tokio::test]
async fn lines_bear_the_request_whatever_is_filtered() {
    let service =
        Running::start(&[("HOMEWARD_LOG_FILTER", "error"), ("HOMEWARD_LIMITS_RESERVE_BYTES", "9000000000000000000")]);
    let submitter = service.acting("submitter", Some("330"));
    let refused = submitter.upload(small_return("330"), "one").await;
    let (log, request) = (service.log(), refused.header("x-request-id").to_owned());
    let line = log.lines().find(|line| line.contains("a disk has not enough room")).expect("the refusal is told");
    assert!(line.contains(&request) && line.contains("/v1/returns"), "{line}");
}
