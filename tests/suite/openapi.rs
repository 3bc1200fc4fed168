//! The OpenAPI document that is checked in is the one that the handlers give.

use homeward::api::openapi;

#[test]
fn the_document_is_that_of_the_handlers() {
    let made = openapi().to_pretty_json().expect("it is JSON") + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/openapi.json");
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == made, "schemas/openapi.json has drifted: write it anew with `homeward spec schemas`");
}

#[test]
fn every_address_says_how_it_fails() {
    let document = serde_json::to_value(openapi()).expect("it is JSON");
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let open = operation.get("security").is_none_or(|security| security == &serde_json::json!([]));
            let answers = operation["responses"].as_object().expect("responses");
            let fails = answers.keys().any(|status| status.starts_with('4'));
            assert!(fails || (open && answers.len() == 1), "{method} {path} does not say how it fails");
        }
    }
}
