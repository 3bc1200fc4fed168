//! The OpenAPI document that is checked in is the one that the handlers give.

use homeward::api::openapi;
use homeward::api::problems::ALL;
use std::collections::BTreeMap;
use std::path::Path;

#[test]
fn the_document_is_that_of_the_handlers() {
    let made = serde_json::to_string_pretty(&openapi()).expect("it is JSON") + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/openapi.json");
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == made, "schemas/openapi.json has drifted: write it anew with `homeward spec schemas`");
}

#[test]
fn every_address_says_each_answer_by_its_status() {
    let document = openapi();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    let known: BTreeMap<&str, u16> = ALL.iter().map(|kind| (kind.code, kind.status)).collect();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let place = format!("{method} {path}");
            let answers = operation["responses"].as_object().expect("responses");
            assert!(answers.keys().any(|status| status.starts_with(['2', '3'])), "{place} never does well");
            assert!(operation.get("security").is_none_or(serde_json::Value::is_array), "{place}: security is no list");
            let keyed = operation["security"].as_array().is_some_and(|ways| !ways.is_empty());
            assert!(!keyed || answers.contains_key("401"), "{place} takes a key and says nothing of wrong ones");
            for (status, answer) in answers {
                let number: u16 = status.parse().unwrap_or_else(|_| panic!("{place}: {status} is a range"));
                let described = answer["description"].as_str().unwrap_or_default();
                for code in described.split('`').skip(1).step_by(2).filter(|_| number >= 400) {
                    assert_eq!(known.get(code), Some(&number), "{place}: {code} is not answered with {status}");
                }
                let is_problem = answer["content"].get("application/problem+json").is_some();
                assert_eq!(is_problem, number >= 400, "{place}: {status}");
                assert!(number < 400 || described.contains('`'), "{place}: {status} names no kind of problem");
            }
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = openapi();
    let mut parts = vec![&document];
    let mut led = 0;
    while let Some(part) = parts.pop() {
        if let Some(reference) = part["$ref"].as_str() {
            let place = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
            assert!(place.is_some(), "{reference} leads nowhere");
            led += 1;
        }
        parts.extend(part.as_object().into_iter().flat_map(|members| members.values()));
        parts.extend(part.as_array().into_iter().flatten());
    }
    assert!(led > 100, "the references were found");
}

#[test]
fn no_two_shapes_share_a_name() {
    // utoipa keeps one of two schemas of the same name and says nothing.
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("lists") {
            let path = entry.expect("is an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("is UTF-8");
            for derived in text.split("#[derive(").skip(1).filter(|part| {
                part.split(')').next().is_some_and(|traits| traits.split(", ").any(|one| one == "ToSchema"))
            }) {
                let words = derived.split([' ', '\n', '<', '{', ';', '(']);
                let name = words.skip_while(|word| !matches!(*word, "struct" | "enum")).nth(1).expect("has a name");
                let before = seen.insert(name.to_owned(), path.display().to_string());
                assert!(before.is_none(), "{name} stands in {} and in {before:?}", path.display());
            }
        }
    }
    assert!(seen.len() > 20, "the shapes were found");
}
