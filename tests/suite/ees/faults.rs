//! What is wrong with a request is answered as a problem with every fault in it, and what is not there is not told apart.

use super::Published;
use serde_json::{Value, json};

fn codes(problem: &Value) -> Vec<(&str, &str)> {
    let errors = problem["errors"].as_array().expect("errors");
    for error in errors {
        assert!(error["detail"].is_object() && error["message"].is_string(), "{error}");
    }
    let text = |error: &'_ Value, name: &str| error[name].as_str().expect("a text").to_owned().leak() as &str;
    errors.iter().map(|error| (text(error, "path"), text(error, "code"))).collect()
}

#[tokio::test]
async fn every_fault_is_told_and_nothing_is_guessed() {
    let service = Published::new().await;
    let path = service.data_set().await;
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/problem.schema.json"));
    let schema: Value = serde_json::from_str(text).expect("is JSON");
    let schema = jsonschema::validator_for(&schema).expect("is a schema");

    let body = r#"{"criteria": {"filters": {"eq": 5}, "place": {}}, "sorts": [], "pageSize": 20000}"#;
    let refused = service.post(&format!("{path}/query?verson=1.0&page=2"), body).await;
    assert_eq!((refused.status, refused.header("content-type")), (400, "application/problem+json"));
    let problem = refused.json();
    assert!(schema.is_valid(&problem), "{problem}");
    assert_eq!(problem["instance"], json!(format!("{path}/query")));
    assert_eq!(problem["type"], "/v1/problems/request-invalid");
    let wanted = [
        ("criteria.place", "UnknownField"),
        ("criteria.filters.eq", "InvalidValue"),
        ("sorts", "NotEmpty"),
        ("pageSize", "InclusiveBetween"),
        ("verson", "UnknownField"),
        ("page", "UnknownField"),
    ];
    assert_eq!(codes(&problem), wanted);

    for (address, wanted) in [
        (
            "/v1/publications?page=0&pageSize=41&search=ab&sort=x",
            vec![
                ("page", "GreaterThanOrEqual"),
                ("pageSize", "InclusiveBetween"),
                ("search", "MinimumLength"),
                ("sort", "UnknownField"),
            ],
        ),
        (
            "/v1/publications?page=1&page=2&pageSize=many&asOf=yesterday",
            vec![("page", "InvalidValue"), ("pageSize", "InvalidValue"), ("asOf", "InvalidValue")],
        ),
        (
            "{path}/meta?types=Filters,Colours&asOf=2999-01-01T00:00:00Z",
            vec![("asOf", "InvalidValue"), ("types[0]", "AllowedValue")],
        ),
        (
            "{path}/query?indicators=absent&sorts=indicator%7Cabsent%7CAsc",
            vec![("indicators", "IndicatorsNotFound"), ("sorts", "SortFieldsNotFound")],
        ),
        ("{path}/versions?pageSize=21", vec![("pageSize", "InclusiveBetween")]),
        ("{path}/versions/1.0?asOf=x", vec![("asOf", "UnknownField")]),
        ("{path}/csv?format=xlsx", vec![("format", "UnknownField")]),
    ] {
        let answer = service.get(&address.replace("{path}", &path)).await;
        let problem = answer.json();
        assert_eq!(answer.status, 400, "{address}: {problem}");
        assert!(schema.is_valid(&problem), "{problem}");
        assert_eq!(codes(&problem), wanted, "{address}");
    }

    for address in [
        "/v1/publications/c25a2fa0-1794-8c94-b293-7a26af64a8ae",
        "/v1/publications/c25a2fa0-1794-8c94-b293-7a26af64a8ae/data-sets",
        "/v1/data-sets/c25a2fa0-1794-8c94-b293-7a26af64a8ae",
        "/v1/data-sets/c25a2fa0-1794-8c94-b293-7a26af64a8ae/csv",
        "/v1/data-sets/nothing/meta",
        "{path}/meta?dataSetVersion=1.1",
        "{path}/query?dataSetVersion=latest",
        "{path}/versions/2.*",
        "{path}/versions/draft",
        "{path}/query?asOf=2001-01-01T00:00:00Z",
        "{path}/versions?asOf=2001-01-01T00:00:00Z",
        "/v1.0/nothing",
    ] {
        let answer = service.get(&address.replace("{path}", &path)).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (404, Some("not-found")), "{address}");
        assert!(schema.is_valid(&answer.json()) && answer.header("etag").is_empty(), "{address}");
    }
    let method = service.post(&format!("{path}/meta"), "").await;
    assert_eq!((method.status, method.json()["code"].as_str()), (405, Some("method-not-allowed")));
    let large = service.post(&format!("{path}/query"), &" ".repeat(2 << 20)).await;
    assert_eq!((large.status, large.json()["code"].as_str()), (413, Some("too-large")));
    let packed = service.get_with(&format!("{path}/csv?format=xlsx"), ("accept-encoding", "gzip")).await;
    assert_eq!((packed.header("content-encoding"), packed.json()["status"].as_u64()), ("", Some(400)));
    let key = service.get_with(&path, ("authorization", "Bearer wrong")).await;
    assert_eq!(key.status, 401, "a wrong key is told, not ignored");
}

#[tokio::test]
async fn warnings_come_with_an_answer() {
    let service = Published::new().await;
    let path = service.data_set().await;
    let body = json!({"criteria": {"and": [
        {"filters": {"in": ["absent"]}},
        {"locations": {"notEq": {"level": "LA", "code": "E00000000"}}}
    ]}, "debug": true});
    let answer = service.post(&format!("{path}/query"), &body.to_string()).await;
    let warnings = json!({ "errors": answer.json()["warnings"] });
    let wanted = [
        ("criteria.and[0].filters.in", "FiltersNotFound"),
        ("criteria.and[1].locations.notEq", "LocationsNotFound"),
        ("debug", "DebugEnabled"),
        ("criteria", "QueryNoResults"),
    ];
    assert_eq!((answer.status, codes(&warnings)), (200, wanted.to_vec()));
    let national = service.get(&format!("{path}/query?geographicLevels.eq=NAT&debug=true&pageSize=1")).await.json();
    let place = national["results"][0]["locations"]["NAT"].as_str().expect("a place").to_owned();
    assert!(place.ends_with(" :: England (code = E92000001)"), "{place}");
}
