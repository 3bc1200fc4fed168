//! Accounts of the real program: what ends, ends at once; nobody gives themselves anything; two people are two people.

use super::{Actor, Answer, Running, small_return};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a text")).to_owned()
}

pub(super) async fn made(by: &Actor, path: &str, body: &Value) -> Value {
    let answer = by.post(path, body).await;
    assert_eq!(answer.status, 201, "{path}: {}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

async fn patched(by: &Actor, person: &str, body: &Value) -> Answer {
    Actor::send(by.request("PATCH", &format!("/v1/people/{person}")).json(body)).await
}

pub(super) fn holding(like: &Actor, made: &Value) -> Actor {
    Actor { key: text(&made["secret"]), ..like.clone() }
}

/// A person of the authority 330 with these roles, and a key of theirs with all of them.
async fn person(operator: &Actor, roles: &Value) -> (String, Actor) {
    let body = json!({ "organisation": "330", "name": "A colleague", "roles": roles });
    let id = text(&made(operator, "/v1/people", &body).await["id"]);
    let key = json!({ "organisation": "330", "label": "theirs", "person": id, "roles": roles });
    (id.clone(), holding(operator, &made(operator, "/v1/keys", &key).await))
}

pub(super) fn refused(answer: &Answer, status: u16, code: &str) {
    let told = answer.json();
    assert_eq!((answer.status, told["code"].as_str()), (status, Some(code)), "{told}");
}

/// One request over a connection that stays open, and the status of its answer.
fn over(stream: &mut BufReader<TcpStream>, key: &str) -> u16 {
    let request = format!("GET /v1/returns HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n");
    stream.get_mut().write_all(request.as_bytes()).expect("writes");
    let mut line = String::new();
    stream.read_line(&mut line).expect("a status line");
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let mut length = 0;
    loop {
        line.clear();
        stream.read_line(&mut line).expect("a header");
        if let Some((name, value)) =
            line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        {
            length = value.trim().parse().unwrap_or_else(|_| panic!("{name} is a number"));
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).expect("the body");
    status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_ends_at_once_also_on_an_open_connection() {
    let service = Running::start(&[]);
    let operator = service.acting("operator", None);
    let key = json!({ "organisation": "330", "label": "a machine", "roles": ["submitter"] });
    let key = made(&operator, "/v1/keys", &key).await;
    let (address, secret) = (service.api.trim_start_matches("http://").to_owned(), text(&key["secret"]));
    let stream = TcpStream::connect(address).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
    let mut stream = BufReader::new(stream);
    assert_eq!(tokio::task::block_in_place(|| over(&mut stream, &secret)), 200);
    let ended = Actor::send(operator.request("DELETE", &format!("/v1/keys/{}", text(&key["key"]["id"])))).await;
    assert!(ended.status == 200 && ended.json()["revoked"].is_string());
    assert_eq!(tokio::task::block_in_place(|| over(&mut stream, &secret)), 401, "on the connection that was open");
    let listed = operator.get("/v1/keys").await.json();
    let mut listed = listed.as_array().expect("keys").iter();
    let line = listed.find(|line| line["id"] == key["key"]["id"]).expect("is listed");
    assert!(line["last_used"].is_string() && line["created_by"].is_string(), "{line}");
    assert!(!service.holds(secret.as_bytes()), "the secret is kept nowhere");
    let secrets = service.data.join("secrets").join("keys");
    assert_eq!(std::fs::read_to_string(secrets).expect("the secret of the service").trim().len(), 64);
}

#[tokio::test]
async fn a_rotated_key_works_until_its_overlap_ends() {
    let service = Running::start(&[]);
    let operator = service.acting("operator", None);
    let body = json!({ "organisation": "330", "label": "a machine", "roles": ["submitter"] });
    for (overlap, old_status) in [(json!(1), 200), (json!(0), 401)] {
        let old = made(&operator, "/v1/keys", &body).await;
        let path = format!("/v1/keys/{}/rotate", text(&old["key"]["id"]));
        let new = made(&operator, &path, &json!({ "overlap_hours": overlap })).await;
        assert_eq!(new["key"]["roles"], old["key"]["roles"]);
        assert_eq!(holding(&operator, &new).get("/v1/returns").await.status, 200, "the new key works at once");
        assert_eq!(holding(&operator, &old).get("/v1/returns").await.status, old_status, "overlap {overlap}");
        refused(&operator.post(&path, &json!({})).await, 409, "key-ended");
    }
    let wrong = json!({ "overlap_hours": 24 * 365 });
    let key = made(&operator, "/v1/keys", &body).await;
    let path = format!("/v1/keys/{}/rotate", text(&key["key"]["id"]));
    refused(&operator.post(&path, &wrong).await, 400, "request-invalid");
}

#[tokio::test]
async fn roles_hold_and_end_at_once_for_every_key_of_a_person() {
    let service = Running::start(&[]);
    let operator = service.acting("operator", None);
    let (id, theirs) = person(&operator, &json!(["submitter", "signatory"])).await;
    let sent = theirs.upload(small_return("330"), "one").await;
    let sign = format!("{}/sign", sent.header("location"));
    assert_eq!(theirs.post(&sign, &json!({})).await.status, 200, "one person may do both where nothing forbids it");

    assert_eq!(patched(&operator, &id, &json!({ "roles": ["submitter"] })).await.status, 200);
    refused(&theirs.post(&sign, &json!({})).await, 403, "not-allowed");
    assert_eq!(theirs.get("/v1/returns").await.status, 200);
    let more = json!({ "organisation": "330", "label": "more", "person": id, "roles": ["signatory"] });
    refused(&operator.post("/v1/keys", &more).await, 400, "request-invalid");
    assert_eq!(patched(&operator, &id, &json!({ "disabled": true })).await.status, 200);
    refused(&theirs.get("/v1/returns").await, 401, "key-invalid");
    assert_eq!(patched(&operator, &id, &json!({ "disabled": false })).await.json()["disabled"], Value::Null);
    refused(&theirs.get("/v1/returns").await, 401, "key-invalid");
}

#[tokio::test]
async fn nobody_gives_themselves_or_others_what_is_not_theirs_to_give() {
    let service = Running::start(&[]);
    let operator = service.acting("operator", None);
    let signatory = service.acting("signatory", Some("330"));

    let oneself = json!({ "name": "An operator", "roles": ["operator"] });
    let oneself = text(&made(&operator, "/v1/people", &oneself).await["id"]);
    let key = json!({ "label": "own", "person": oneself, "roles": ["operator"] });
    let own = holding(&operator, &made(&operator, "/v1/keys", &key).await);
    refused(&patched(&own, &oneself, &json!({ "roles": ["operator", "collector"] })).await, 403, "own-roles");
    let more = json!({ "label": "own", "person": oneself, "roles": ["operator", "collector"] });
    refused(&own.post("/v1/keys", &more).await, 400, "request-invalid");
    refused(&own.get("/v1/returns").await, 403, "not-allowed");

    for roles in [json!(["signatory"]), json!(["submitter", "signatory"])] {
        let key = json!({ "label": "another", "roles": roles });
        refused(&signatory.post("/v1/keys", &key).await, 403, "not-yours-to-give");
        let person = json!({ "name": "Another", "roles": roles });
        refused(&signatory.post("/v1/people", &person).await, 403, "not-yours-to-give");
    }
    let elsewhere = json!({ "organisation": "331", "label": "another", "roles": ["submitter"] });
    refused(&signatory.post("/v1/keys", &elsewhere).await, 400, "request-invalid");
    let unknown = json!({ "organisation": "999", "label": "another", "roles": ["submitter"] });
    let (seen, absent) = (signatory.post("/v1/keys", &elsewhere).await, signatory.post("/v1/keys", &unknown).await);
    let told = |answer: &Answer| String::from_utf8_lossy(&answer.body).replace("331", "999");
    assert_eq!(told(&seen), told(&absent), "another authority cannot be told from none");
    let (colleague, _) = person(&operator, &json!(["signatory"])).await;
    for change in [json!({ "disabled": true }), json!({ "roles": ["submitter"] })] {
        refused(&patched(&signatory, &colleague, &change).await, 403, "not-yours-to-give");
    }
    let submitters = json!({ "name": "A new colleague", "roles": ["submitter"] });
    let submitter = made(&signatory, "/v1/people", &submitters).await;
    assert_eq!(submitter["organisation"], "330");
    refused(
        &patched(&signatory, &text(&submitter["id"]), &json!({ "roles": ["signatory"] })).await,
        403,
        "not-yours-to-give",
    );
    assert_eq!(patched(&signatory, &text(&submitter["id"]), &json!({ "disabled": true })).await.status, 200);
    let seen = signatory.get("/v1/organisations").await.json();
    assert_eq!(seen.as_array().map(Vec::len), Some(1), "{seen}");
    assert!(operator.get("/v1/organisations").await.json().as_array().is_some_and(|all| all.len() > 150));
}

/// The specification of the repository, in which whoever sends may not sign.
fn strict_specification(to: &Path) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let mut folders = vec![from.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("lists") {
            let path = entry.expect("is an entry").path();
            let copy = to.join(path.strip_prefix(&from).expect("is below"));
            if path.is_dir() {
                std::fs::create_dir_all(copy).expect("makes a folder");
                folders.push(path);
            } else {
                std::fs::copy(&path, copy).expect("copies");
            }
        }
    }
    let file = to.join("reunification").join("collection.toml");
    let text = std::fs::read_to_string(&file).expect("reads");
    let year = "id = \"reunification-2026\"\nyear = 2026\n";
    assert!(text.contains(year));
    std::fs::write(file, text.replace(year, &format!("{year}signed_by_another = true\n"))).expect("writes");
}

#[tokio::test]
async fn the_author_does_not_sign_where_the_collection_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    strict_specification(folder.path());
    let specs = folder.path().to_str().expect("a path");
    let service = Running::start(&[("HOMEWARD_SERVICE_SPECS", specs)]);
    let operator = service.acting("operator", None);
    let (id, author) = person(&operator, &json!(["submitter", "signatory"])).await;
    let second = json!({ "organisation": "330", "label": "second", "person": id, "roles": ["signatory"] });
    let second = holding(&author, &made(&operator, "/v1/keys", &second).await);
    let another = service.acting("signatory", Some("330"));
    let sent = author.upload(small_return("330"), "one").await;
    let sign = format!("{}/sign", sent.header("location"));
    for own in [&author, &second] {
        let answer = own.post(&sign, &json!({})).await;
        refused(&answer, 403, "author-may-not-sign");
        assert!(answer.json()["detail"].as_str().is_some_and(|said| said.contains("another person of the authority")));
    }
    assert_eq!(another.post(&sign, &json!({})).await.json()["state"], "signed");
}
