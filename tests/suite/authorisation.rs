//! Who may do what: the table of `src/api/AUTHORISATION.md`, the OpenAPI document and the real program say the same.

use crate::service::{Actor, Answer, Running};
use homeward::api::openapi;
use homeward::domain::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const TABLE: &str = include_str!("../../src/api/AUTHORISATION.md");
/// An identifier that names nothing.
const ABSENT: &str = "0190a0a0-0000-7000-8000-000000000000";
/// Those of whom the table speaks, in the order of its columns.
const WHO: [&str; 6] = ["nobody", "submitter", "signatory", "collector", "analyst", "operator"];

/// Where whoever has a key that ended goes for a new one, or for what the refusal means.
const LOOKS_AT_NO_KEY: [&str; 6] = [
    "GET /v1/sign-in",
    "GET /v1/sign-in/callback",
    "GET /v1/sign-out/callback",
    "POST /v1/session",
    "GET /v1/problems",
    "GET /v1/problems/{code}",
];

/// One line of the table.
struct Line {
    method: String,
    path: String,
    /// Whether each of [`WHO`] is let in.
    lets_in: [bool; 6],
    others: String,
}

fn lines() -> Vec<Line> {
    let rows = TABLE.lines().filter(|line| line.starts_with("| ") && line.contains("`/v1"));
    let lines = rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 9, "{row}");
        let yes = |cell: &str| match cell {
            "yes" => true,
            "no" => false,
            other => panic!("{other} is neither yes nor no: {row}"),
        };
        assert!(["hidden", "own", "none"].contains(&cells[8]), "{row}");
        Line {
            method: cells[0].to_owned(),
            path: cells[1].trim_matches('`').to_owned(),
            lets_in: std::array::from_fn(|at| yes(cells[2 + at])),
            others: cells[8].to_owned(),
        }
    });
    lines.collect()
}

/// Whether an address of the document takes requests without a key.
fn is_open(operation: &Value) -> bool {
    let ways = operation["security"].as_array();
    ways.is_none_or(|ways| ways.iter().any(|way| way.as_object().is_some_and(serde_json::Map::is_empty)))
}

#[test]
fn every_address_has_its_line_and_every_line_its_address() {
    let document = openapi();
    let methods = ["get", "post", "put", "patch", "delete"];
    let addresses = document["paths"].as_object().expect("paths").iter().flat_map(|(path, item)| {
        let operations = item.as_object().expect("methods").iter();
        let operations = operations.filter(move |(method, _)| methods.contains(&method.as_str()));
        operations.map(move |(method, operation)| ((method.to_uppercase(), path.clone()), is_open(operation)))
    });
    let documented: BTreeMap<(String, String), bool> = addresses.collect();
    let told: BTreeMap<(String, String), bool> =
        lines().into_iter().map(|line| ((line.method, line.path), line.lets_in[0])).collect();
    let (without, extra): (BTreeSet<_>, BTreeSet<_>) = (
        documented.keys().filter(|one| !told.contains_key(*one)).collect(),
        told.keys().filter(|one| !documented.contains_key(*one)).collect(),
    );
    assert!(without.is_empty(), "put a line into src/api/AUTHORISATION.md for {without:?}");
    assert!(extra.is_empty(), "src/api/AUTHORISATION.md speaks of {extra:?}, which is not there");
    for (address, open) in documented {
        assert_eq!(told[&address], open, "{address:?}: the document and the table differ on who needs a key");
    }
    assert!(told.len() > 40, "the lines were found");
}

/// What is asked about: one thing of each kind, all of the authority 330.
struct Things {
    returned: String,
    person: String,
    key: String,
}

impl Things {
    /// The address with something of 330 in its places, and the same with what does not exist.
    fn address(&self, path: &str) -> (String, String) {
        let place = |id: &str| {
            let mut filled = path.replace("{id}", id);
            let values = [
                ("{collection}", "reunification-2026"),
                ("{code}", "not-found"),
                ("{document}", "catalogue.csv"),
                ("{name}", "data/none.csv"),
                ("{version}", "1.0"),
                ("{authority}", "330"),
            ];
            for (name, value) in values {
                filled = filled.replace(name, value);
            }
            assert!(!filled.contains('{'), "say here what to put into {path}");
            filled
        };
        let of = match path.split('/').nth(2) {
            Some("returns") => &self.returned,
            Some("people") => &self.person,
            Some("keys") => &self.key,
            _ => ABSENT,
        };
        (place(of), place(ABSENT))
    }
}

/// A body that gets past the reading of it.
fn body(line: &Line) -> Value {
    match (line.method.as_str(), line.path.as_str()) {
        ("PUT", "/v1/returns/{id}/explanations") => {
            json!({ "explanations": [{ "code": "Q101", "text": "It is so." }] })
        }
        (_, "/v1/returns/{id}/send-back") => json!({ "note": "Please look again." }),
        ("POST", "/v1/people") => json!({ "name": "A new colleague", "roles": ["submitter"] }),
        ("POST", "/v1/keys") => json!({ "label": "a test", "roles": ["submitter"] }),
        (_, path) if path.ends_with("/extend") => json!({ "deadline": "2099-01-01", "reason": "A test." }),
        (_, path) if path.ends_with("/reopen") => {
            json!({ "authority": "331", "until": "2099-01-01", "reason": "A test." })
        }
        (_, path) if path.starts_with("/v1/collections/") => json!({ "reason": "A test." }),
        (_, "/v1/authorities/{code}/removal") => json!({ "reason": "A test.", "confirm": "not-found" }),
        (_, "/v1/releases") => json!({ "collection": "reunification-2026" }),
        (_, "/v1/people/{id}/confirm" | "/v1/people/{id}/refuse") => json!({ "asked": "2026-01-01T00:00:00Z" }),
        (_, "/v1/releases/{id}/discard") => json!({ "reason": "A test." }),
        _ => json!({}),
    }
}

async fn ask(actor: Option<&Actor>, service: &Running, line: &Line, path: &str) -> Answer {
    let method: reqwest::Method = line.method.parse().expect("a method");
    let request = match actor {
        Some(actor) => actor.request(&line.method, path),
        None => reqwest::Client::new().request(method, format!("{}{path}", service.api)),
    };
    let request = match line.path.as_str() {
        "/v1/returns" | "/v1/checks" if line.method == "POST" => request.body("CHILD,SEX\nKestrel01,M\n"),
        _ if line.method == "GET" => request,
        _ => request.json(&body(line)),
    };
    Actor::send(request).await
}

/// Everything of an answer that may not tell what exists: status, body and headers, without what differs by itself.
fn tells(answer: &Answer, id: &str) -> (u16, String, BTreeMap<String, String>) {
    let varies = ["x-request-id", "date", "ratelimit", "ratelimit-policy"];
    let headers = answer.headers.iter().filter(|(name, _)| !varies.contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()));
    (answer.status, String::from_utf8_lossy(&answer.body).replace(id, ABSENT), headers.collect())
}

/// Whether it is for the key, or for want of one, that a request was refused. Somebody whose sign-in failed was let try.
fn is_turned_away(answer: &Answer) -> bool {
    answer.status == 403 || (answer.status == 401 && answer.json()["code"] != "sign-in-failed")
}

/// The roles that change something somewhere where a submitter does not: read from the table.
fn deciding() -> BTreeSet<&'static str> {
    let changing = lines().into_iter().filter(|line| line.method != "GET" && !line.lets_in[1]);
    changing.flat_map(|line| (1..WHO.len()).filter(move |at| line.lets_in[*at]).map(|at| WHO[at])).collect()
}

#[tokio::test]
async fn the_roles_that_wait_for_a_second_person_are_those_that_decide_by_the_table() {
    let service = Running::start(&[("HOMEWARD_ACCOUNTS_CONFIRMED_BY_ANOTHER", "true")]);
    let operator = service.acting("operator", None);
    let mut waits = BTreeSet::new();
    for role in WHO.into_iter().skip(1) {
        let organisation = if ["submitter", "signatory"].contains(&role) { "330" } else { "department" };
        let body = json!({ "organisation": organisation, "label": "a machine", "roles": [role] });
        let key = made(&operator, "/v1/keys", body).await;
        let person = json!({ "organisation": organisation, "name": "A colleague", "roles": [role] });
        let person = made(&operator, "/v1/people", person).await;
        assert_eq!(key["key"]["waits"], person["waiting"].is_object(), "{role}: people and keys alike");
        if key["key"]["waits"] == true {
            waits.insert(role);
        }
    }
    assert_eq!(waits, deciding());
    assert!(waits.contains("collector") && !waits.contains("analyst"));
}

async fn made(by: &Actor, path: &str, body: Value) -> Value {
    let answer = by.post(path, &body).await;
    assert_eq!(answer.status, 201, "{path}: {}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

/// What is another authority's is never read and then compared: only these look a return up by its identifier alone, and
/// none of them for somebody who asked for that return.
#[test]
fn returns_are_looked_up_for_whoever_asks() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/flow");
    let mut found = BTreeSet::new();
    for file in crate::service_support::files(&folder) {
        let text = std::fs::read_to_string(&file).expect("text");
        if text.contains("ledger().return_by_id(") {
            found.insert(file.strip_prefix(&folder).expect("is within").to_string_lossy().into_owned());
        }
    }
    let expected = ["authorise.rs", "recover.rs", "submit.rs", "verify_release.rs"].map(str::to_owned);
    assert_eq!(found, BTreeSet::from(expected));
    for line in lines().iter().filter(|line| line.path.starts_with("/v1/returns/{id}")) {
        let by_an_authority = line.lets_in[1] || line.lets_in[2];
        assert_eq!(line.others == "hidden", by_an_authority, "{} {}", line.method, line.path);
    }
}

#[tokio::test]
async fn each_is_let_in_where_the_table_says_so() {
    let many = "1000000";
    let service = Running::start(&[
        ("HOMEWARD_RATES_REQUESTS_PER_MINUTE", many),
        ("HOMEWARD_RATES_UPLOADS_PER_MINUTE", many),
        ("HOMEWARD_RATES_ANONYMOUS_PER_MINUTE", many),
        ("HOMEWARD_RATES_ADDRESS_REQUESTS_PER_MINUTE", many),
        ("HOMEWARD_RATES_ADDRESS_UPLOADS_PER_MINUTE", many),
    ]);
    let [submitter, signatory] = ["submitter", "signatory"].map(|role| service.acting(role, Some("330")));
    let [collector, analyst, operator] = ["collector", "analyst", "operator"].map(|role| service.acting(role, None));
    let others = ["submitter", "signatory"].map(|role| service.acting(role, Some("331")));

    // A refused upload: whoever is let in to sign or withdraw it is told that its state does not allow it.
    let sent = submitter.upload(b"CHILD,SEX\nKestrel01,M\n".to_vec(), "one").await;
    let person = json!({ "organisation": "330", "name": "A colleague", "roles": ["submitter"] });
    let key = json!({ "organisation": "330", "label": "a machine", "roles": ["submitter"] });
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let things = Things {
        returned: text(&sent.json()["return"]["id"]),
        person: text(&made(&operator, "/v1/people", person).await["id"]),
        key: text(&made(&operator, "/v1/keys", key.clone()).await["key"]["id"]),
    };
    let revoked = made(&operator, "/v1/keys", key.clone()).await;
    let path = format!("/v1/keys/{}", text(&revoked["key"]["id"]));
    assert_eq!(Actor::send(operator.request("DELETE", &path)).await.status, 200);
    let soon = SystemClock.now() + chrono::Duration::milliseconds(1500);
    let mut short = key.clone();
    short["expires"] = soon.to_rfc3339().into();
    let expired = made(&operator, "/v1/keys", short).await;
    let with = |made: &Value| Actor { key: text(&made["secret"]), ..submitter.clone() };
    let ended = [("revoked", with(&revoked)), ("expired", with(&expired))];
    tokio::time::sleep(std::time::Duration::from_millis(1600)).await;

    let who = [None, Some(&submitter), Some(&signatory), Some(&collector), Some(&analyst), Some(&operator)];
    for line in lines() {
        let (own, absent) = things.address(&line.path);
        let (place, names_one) = (format!("{} {}", line.method, line.path), own != absent);
        for (at, actor) in who.iter().enumerate() {
            let answer = ask(*actor, &service, &line, &own).await;
            let told = String::from_utf8_lossy(&answer.body);
            assert!(answer.status < 500, "{place} as {}: {told}", WHO[at]);
            let expected = if at == 0 { 401 } else { 403 };
            if line.lets_in[at] {
                assert!(!is_turned_away(&answer), "{place} as {}: {told}", WHO[at]);
                assert!(!names_one || answer.status != 404, "{place} as {} does not find its own: {told}", WHO[at]);
            } else {
                assert_eq!(answer.status, expected, "{place} as {}: {told}", WHO[at]);
            }
        }
        for (how, actor) in &ended {
            let answer = ask(Some(actor), &service, &line, &own).await;
            if LOOKS_AT_NO_KEY.contains(&place.as_str()) {
                assert!(!is_turned_away(&answer), "{place} with a {how} key");
            } else {
                assert_eq!(answer.status, 401, "{place} with a {how} key");
                assert_eq!(answer.json()["code"], "key-invalid", "{place} with a {how} key");
            }
        }
        for (at, other) in others.iter().enumerate().filter(|(at, _)| line.lets_in[at + 1]) {
            match line.others.as_str() {
                "hidden" => {
                    let (theirs, nothing) = (
                        ask(Some(other), &service, &line, &own).await,
                        ask(Some(other), &service, &line, &absent).await,
                    );
                    let id = own.split('/').nth(3).expect("an id");
                    assert_eq!(theirs.status, 404, "{place} as another {}", WHO[at + 1]);
                    assert_eq!(tells(&theirs, id), tells(&nothing, id), "{place} as another {}", WHO[at + 1]);
                }
                "own" => {
                    let answer = ask(Some(other), &service, &line, &own).await;
                    let text = String::from_utf8_lossy(&answer.body);
                    let of_330 = [&things.returned, &things.person, &things.key, "\"330\""];
                    assert!(!of_330.iter().any(|one| text.contains(*one)), "{place} shows what is another's: {text}");
                }
                _ => {
                    assert!(!names_one || !line.lets_in[1] && !line.lets_in[2], "{place} names what is one authority's")
                }
            }
        }
    }
}
