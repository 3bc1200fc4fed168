//! Keys and roles that decide wait for a second person where the configuration says so: the real program.

use super::accounts::{holding, made, refused, text};
use super::{Actor, Answer, PROGRAM, Running};
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};

const SETTING: [(&str, &str); 1] = [("HOMEWARD_ACCOUNTS_CONFIRMED_BY_ANOTHER", "true")];

async fn decide(by: &Actor, what: &str, id: &Value, step: &str, body: &Value) -> Answer {
    by.post(&format!("/v1/{what}/{}/{step}", text(id)), body).await
}

/// What the program says to an administrator, who gives it a line.
fn admin(service: &Running, line: &str, arguments: &[&str]) -> String {
    let mut child = Command::new(PROGRAM)
        .arg("admin")
        .args(arguments)
        .env("HOMEWARD_SERVICE_DATA_FOLDER", &service.data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("its input").write_all(line.as_bytes()).expect("writes");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[tokio::test]
async fn one_operator_alone_makes_nobody_who_decides() {
    let service = Running::start(&SETTING);
    let [one, two] = ["operator"; 2].map(|role| service.acting(role, None));
    let body = json!({ "label": "the collector", "roles": ["collector"] });
    let new = made(&one, "/v1/keys", &body).await;
    let (id, waiting) = (&new["key"]["id"], holding(&one, &new));
    assert_eq!(new["key"]["waits"], true);

    // Whatever it asks for, it is answered like a key that was mistyped.
    let mistyped = Actor { key: format!("hw_{}", "0".repeat(64)), ..one.clone() };
    for path in ["/v1/returns", "/v1/releases", "/v1/session", "/v1/collections", "/v1/keys"] {
        let told = |answer: Answer| {
            let mut headers: Vec<String> =
                answer.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
            headers.retain(|line| !["date", "x-request-id", "ratelimit"].iter().any(|name| line.starts_with(name)));
            (answer.status, String::from_utf8_lossy(&answer.body).into_owned(), headers)
        };
        assert_eq!(told(waiting.get(path).await), told(mistyped.get(path).await), "{path}");
    }
    refused(&decide(&waiting, "keys", id, "confirm", &json!({})).await, 401, "key-invalid");
    refused(&decide(&one, "keys", id, "confirm", &json!({})).await, 403, "second-person-needed");
    let rotated = one.post(&format!("/v1/keys/{}/rotate", text(id)), &json!({})).await;
    refused(&rotated, 409, "key-ended");
    let listed = two.get("/v1/keys").await.json();
    let waits: Vec<&Value> = listed.as_array().expect("keys").iter().filter(|key| key["waits"] == true).collect();
    assert_eq!(waits.iter().map(|key| &key["id"]).collect::<Vec<_>>(), [id]);
    assert!(admin(&service, "", &["key", "list"]).contains("waits for a second person"));

    // Of two who confirm at once one wins.
    let empty = json!({});
    let both = tokio::join!(decide(&two, "keys", id, "confirm", &empty), decide(&two, "keys", id, "confirm", &empty));
    let mut statuses = [both.0.status, both.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(waiting.get("/v1/returns").await.status, 200, "and then it works at once");
    refused(&decide(&two, "keys", id, "confirm", &empty).await, 409, "nothing-waits");
    assert!(admin(&service, "", &["audit", "export"]).contains("confirm key"), "it stands in the history");

    // A rotation is a new key for whoever asks for it: it waits too, and the old one goes on.
    let path = format!("/v1/keys/{}/rotate", text(id));
    let next = made(&one, &path, &json!({ "overlap_hours": 0 })).await;
    refused(&holding(&one, &next).get("/v1/returns").await, 401, "key-invalid");
    assert_eq!(waiting.get("/v1/returns").await.status, 200);
    assert_eq!(decide(&two, "keys", &next["key"]["id"], "confirm", &empty).await.status, 200);
    refused(&waiting.get("/v1/returns").await, 401, "key-invalid");
    assert_eq!(holding(&one, &next).get("/v1/returns").await.status, 200);

    // Refused, it ends for good; and what decides nothing never waits.
    let other = made(&one, "/v1/keys", &body).await;
    assert_eq!(decide(&two, "keys", &other["key"]["id"], "refuse", &empty).await.json()["waits"], false);
    refused(&holding(&one, &other).get("/v1/returns").await, 401, "key-invalid");
    refused(&decide(&two, "keys", &other["key"]["id"], "confirm", &empty).await, 409, "nothing-waits");
    let analyst = made(&one, "/v1/keys", &json!({ "label": "an analyst", "roles": ["analyst"] })).await;
    assert_eq!(holding(&one, &analyst).get("/v1/releases").await.status, 200);

    // On the machine itself there is always somebody who can.
    let last = made(&one, "/v1/keys", &body).await;
    admin(&service, "", &["key", "confirm", &text(&last["key"]["id"])]);
    assert_eq!(holding(&one, &last).get("/v1/returns").await.status, 200);
}

#[tokio::test]
async fn roles_that_decide_hold_when_a_second_person_says_so() {
    let service = Running::start(&SETTING);
    let [one, two] = ["operator"; 2].map(|role| service.acting(role, None));
    let signatory = service.acting("signatory", Some("330"));
    let body = json!({ "organisation": "330", "name": "A director", "roles": ["submitter", "signatory"] });
    let director = made(&one, "/v1/people", &body).await;
    let id = &director["id"];
    assert_eq!(director["roles"], json!(["submitter"]), "what decides nothing holds at once");
    assert_eq!(director["waiting"]["roles"], json!(["submitter", "signatory"]));
    let asked = |person: &Value| json!({ "asked": person["waiting"]["asked"] });
    let key = json!({ "organisation": "330", "label": "theirs", "person": id, "roles": ["signatory"] });
    refused(&one.post("/v1/keys", &key).await, 400, "request-invalid");
    refused(&decide(&one, "people", id, "confirm", &asked(&director)).await, 403, "second-person-needed");
    refused(&decide(&signatory, "people", id, "confirm", &asked(&director)).await, 403, "not-allowed");

    // Nothing is confirmed unseen, nor by whoever had a part in it; and a signatory has none in another signatory.
    let path = format!("/v1/people/{}", text(id));
    let change = json!({ "email": "somebody.else@example.org" });
    let by_signatory = Actor::send(signatory.request("PATCH", &path).json(&change)).await;
    refused(&by_signatory, 403, "not-yours-to-give");
    let changed = Actor::send(one.request("PATCH", &path).json(&change)).await.json();
    refused(&decide(&two, "people", id, "confirm", &asked(&director)).await, 409, "nothing-waits");
    let confirmed = decide(&two, "people", id, "confirm", &asked(&changed)).await.json();
    assert_eq!((&confirmed["roles"], &confirmed["waiting"]), (&json!(["submitter", "signatory"]), &Value::Null));
    let theirs = made(&one, "/v1/keys", &key).await;
    assert_eq!(theirs["key"]["waits"], true, "a key of theirs is in the hands of whoever made it");

    // Whoever has never signed in is known by the address: with another one they are asked about again.
    let taken_away = Actor::send(one.request("PATCH", &path).json(&json!({ "email": null }))).await.json();
    assert_eq!((&taken_away["email"], &taken_away["waiting"]), (&Value::Null, &Value::Null));
    let untouched = Actor::send(one.request("PATCH", &path).json(&json!({ "name": "The director" }))).await.json();
    assert_eq!((&untouched["email"], &untouched["name"]), (&Value::Null, &json!("The director")));
    let again = Actor::send(one.request("PATCH", &path).json(&change)).await.json();
    assert_eq!((&again["roles"], &again["email"]), (&json!(["submitter"]), &json!("somebody.else@example.org")));
    let kept = Actor::send(one.request("PATCH", &path).json(&json!({ "name": "A director" }))).await.json();
    assert_eq!(kept["email"], "somebody.else@example.org", "an absent address stays");
    let refused_now = decide(&two, "people", id, "refuse", &asked(&kept)).await.json();
    assert_eq!((&refused_now["roles"], &refused_now["waiting"]), (&json!(["submitter"]), &Value::Null));
}

#[tokio::test]
async fn whoever_waits_cannot_sign_in_and_is_nobody() {
    let service = Running::start(&SETTING);
    let [one, two] = ["operator"; 2].map(|role| service.acting(role, None));
    let body = json!({ "name": "A collector", "roles": ["collector"] });
    let person = made(&one, "/v1/people", &body).await;
    let id = text(&person["id"]);
    let password = "seven herons on a wall";
    admin(&service, &format!("{password}\n"), &["sign-in", "password", &id, "--user-name", "kestrel"]);
    let sign_in = async |name: &str| {
        let body = json!({ "user_name": name, "password": password, "bearer": true });
        let answer = Actor::send(reqwest::Client::new().post(format!("{}/v1/session", service.api)).json(&body)).await;
        (answer.status, answer.json())
    };
    assert_eq!(sign_in("kestrel").await, sign_in("nobody").await, "like somebody who is not there");
    assert!(admin(&service, "", &["person", "list"]).contains("collector waits for a second person"));
    let asked = json!({ "asked": person["waiting"]["asked"] });
    assert_eq!(decide(&two, "people", &person["id"], "confirm", &asked).await.status, 200);
    let (status, session) = sign_in("kestrel").await;
    assert_eq!(status, 201, "{session}");
    let signed_in = Actor { key: text(&session["key"]), ..one.clone() };
    assert_eq!(signed_in.get("/v1/returns").await.status, 200);

    // Disabled and enabled by one operator: the roles wait again, and on the machine itself they are given.
    let path = format!("/v1/people/{id}");
    for disabled in [true, false] {
        let answer = Actor::send(one.request("PATCH", &path).json(&json!({ "disabled": disabled }))).await;
        assert_eq!(answer.status, 200);
    }
    assert_eq!(sign_in("kestrel").await.0, 401);
    assert!(admin(&service, "", &["person", "confirm", &id]).contains("may act"));
    assert_eq!(sign_in("kestrel").await.0, 201);
}
