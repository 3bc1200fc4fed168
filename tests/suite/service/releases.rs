//! The life of a release over HTTP, from the first draft to a revision with its changes.

use super::{Actor, Answer, Running, homeward, small_return};
use serde_json::{Value, json};
use std::path::Path;

const YEAR: &str = "reunification-2026";
const KEPT: [&str; 2] = ["coverage.md", "leavers_home.md"];

/// The specification with two indicators: protecting all of them takes a program without optimisation minutes.
fn specification(folder: &Path) {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).expect("a folder");
        for entry in std::fs::read_dir(from).expect("lists") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            // The charts draw indicators that are left out.
            let is_indicator = from.ends_with("indicators");
            let is_left_out = name == "charts.toml" || is_indicator && !KEPT.contains(&name.as_str());
            if path.is_dir() {
                copy(&path, &to.join(name));
            } else if !is_left_out {
                std::fs::copy(&path, to.join(name)).expect("copies");
            }
        }
    }
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("specs"), folder);
}

/// Sends a return and takes it to its acceptance.
async fn accepted(service: &Running, collector: &Actor, authority: &'static str) {
    let submitter = service.acting("submitter", Some(authority));
    let signatory = service.acting("signatory", Some(authority));
    let sent = submitter.upload(small_return(authority), "first").await;
    let path = sent.header("location").to_owned();
    let open = submitter.get(&format!("{path}/findings?severity=query&page=1")).await.json();
    for finding in open["findings"].as_array().expect("findings") {
        let body = json!({ "explanations": [{ "fingerprint": finding["fingerprint"], "text": "It is so." }] });
        Actor::send(submitter.request("PUT", &format!("{path}/explanations")).json(&body)).await;
    }
    assert_eq!(signatory.post(&format!("{path}/sign"), &json!({})).await.status, 200);
    assert_eq!(collector.post(&format!("{path}/accept"), &json!({})).await.json()["state"], "accepted");
}

fn code(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What anybody reads, without a key.
async fn anybody(service: &Running, path: &str) -> (u16, Value) {
    let answer = reqwest::get(format!("{}{path}", service.api)).await.expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn a_release_lives_from_draft_to_revision() {
    let folder = tempfile::tempdir().expect("a folder");
    specification(folder.path());
    let service = Running::start(&[("HOMEWARD_SERVICE_SPECS", folder.path().to_str().expect("a path"))]);
    let (one, two) = (service.acting("collector", None), service.acting("collector", None));
    let analyst = service.acting("analyst", None);
    accepted(&service, &one, "330").await;

    assert_eq!(
        code(&analyst.post("/v1/releases", &json!({ "collection": YEAR })).await),
        (403, "not-allowed".to_owned())
    );
    let built = one.post("/v1/releases", &json!({ "collection": YEAR, "label": "Year to March 2026" })).await;
    assert_eq!(built.status, 201, "{}", String::from_utf8_lossy(&built.body));
    let draft = built.json();
    assert_eq!((text(&draft["state"]), text(&draft["kind"])), ("draft", "provisional"));
    let path = format!("/v1/releases/{}", text(&draft["id"]));
    assert_eq!(anybody(&service, &path).await.0, 404, "a draft is not for everyone");
    let empty = json!({});
    assert_eq!(code(&one.post(&format!("{path}/publish"), &empty).await), (409, "release-wrong-state".to_owned()));
    assert_eq!(code(&one.post(&format!("{path}/approve"), &empty).await), (403, "second-person-needed".to_owned()));
    let approved = two.post(&format!("{path}/approve"), &empty).await.json();
    assert_eq!(text(&approved["state"]), "approved");
    let passed = one.post(&format!("{path}/publish"), &json!({ "at": "2020-01-01T00:00:00Z" })).await;
    assert_eq!(code(&passed), (400, "request-invalid".to_owned()));
    // The service itself publishes it, a moment later.
    let at: chrono::DateTime<chrono::Utc> = text(&approved["approved"]).parse().expect("a time");
    let at = at + chrono::Duration::seconds(5);
    let scheduled = one.post(&format!("{path}/publish"), &json!({ "at": at })).await.json();
    assert_eq!(text(&scheduled["state"]), "scheduled");
    while anybody(&service, &path).await.0 == 404 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let (_, first) = anybody(&service, &path).await;
    assert_eq!((text(&first["state"]), text(&first["versions"]["coverage"])), ("published", "1.0"));
    assert!(first.get("keys").is_none(), "who acted is for the department");
    let seen = analyst.get(&path).await.json();
    assert!(seen["keys"]["published_by"].is_null() && seen["keys"]["approved_by"].is_string(), "{seen}");
    assert_eq!(code(&one.post(&format!("{path}/discard"), &json!({ "reason": "x" })).await).0, 409);

    accepted(&service, &one, "331").await;
    assert_eq!(
        code(&one.post("/v1/releases", &json!({ "collection": YEAR })).await),
        (400, "request-invalid".to_owned())
    );
    let reason = "A second authority sent its return.";
    let body = json!({ "collection": YEAR, "kind": "final", "reason": reason });
    let second = one.post("/v1/releases", &body).await.json();
    assert_eq!((&second["revises"], text(&second["reason"])), (&first["id"], reason));
    let path_two = format!("/v1/releases/{}", text(&second["id"]));
    two.post(&format!("{path_two}/approve"), &empty).await;
    assert_eq!(one.post(&format!("{path_two}/publish"), &empty).await.json()["state"], "published");
    let (status, changes) = anybody(&service, &format!("{path_two}/changes")).await;
    assert_eq!((status, text(&changes["reason"])), (200, reason));
    let coverage = &changes["indicators"]["coverage"];
    assert_eq!((text(&coverage["size"]), text(&coverage["version"])), ("minor", "1.1"), "{coverage}");
    assert!(coverage["values"]["columns"]["returned_count"].as_u64().is_some_and(|count| count > 0), "{coverage}");

    let latest = async |as_of: &str| anybody(&service, &format!("/v1/releases/latest?collection={YEAR}{as_of}")).await;
    assert_eq!(latest("").await.1["id"], second["id"]);
    let stood = format!("&as_of={}", text(&first["published"]).replace('+', "%2B"));
    assert_eq!(latest(&stood).await.1["id"], first["id"]);
    assert_eq!(latest("&as_of=2020-01-01T00:00:00Z").await.0, 404);
    assert_eq!(latest("&as_of=2999-01-01T00:00:00Z").await.0, 400, "nobody knows what will stand");
    assert_eq!(latest("&as_of=yesterday").await.0, 400);
    let (_, listed) = anybody(&service, &format!("/v1/releases?as_of={}", stood.trim_start_matches("&as_of="))).await;
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(anybody(&service, "/v1/releases").await.1.as_array().map(Vec::len), Some(2), "the old one stays");
    let metrics =
        reqwest::get(format!("{}/metrics", service.admin)).await.expect("metrics").text().await.expect("text");
    assert!(metrics.contains("homeward_releases_by_state{state=\"published\"} 2"), "{metrics}");

    assert_eq!(two.get(&path_two).await.json()["obstacle"], Value::Null);
    let release = |arguments: &[&str]| {
        let done = std::process::Command::new(env!("CARGO_BIN_EXE_homeward"))
            .args([&["admin", "release"], arguments, &["--specs", folder.path().to_str().expect("a path")]].concat())
            .env("HOMEWARD_SERVICE_DATA_FOLDER", &service.data)
            .output()
            .expect("the program starts");
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
        said
    };
    let said = release(&["verify", text(&second["id"])]);
    assert!(said.contains("byte for byte"), "{said}");
    let said = release(&["list"]);
    let line = format!("{}  {YEAR}  final  published ", text(&second["id"]));
    assert!(said.lines().count() == 2 && said.contains(&line), "{said}");
}

#[test]
fn a_release_is_made_again_from_its_manifest_on_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).to_str().expect("a path").to_owned();
    specification(Path::new(&at("specs")));
    std::fs::create_dir(at("returns")).expect("a folder");
    for authority in ["330", "331"] {
        std::fs::write(format!("{}/{authority}.zip", at("returns")), small_return(authority)).expect("written");
    }
    let release = |arguments: &[&str]| {
        let made = homeward(&[&["release", "--specs", &at("specs"), "--from", &at("returns")], arguments].concat());
        let said = format!("{}{}", String::from_utf8_lossy(&made.stdout), String::from_utf8_lossy(&made.stderr));
        (made.status.code(), said)
    };
    let (done, said) = release(&["--collection", YEAR, "--output", &at("first")]);
    assert_eq!((done, said.contains("inputs.not-for-publication.json")), (Some(0), true), "{said}");
    let manifest = format!("{}/manifest.json", at("first"));
    let (done, said) = release(&["--manifest", &manifest, "--output", &at("again")]);
    assert_eq!((done, said.contains("byte for byte")), (Some(0), true), "{said}");
    let again = std::fs::read(format!("{}/changes.json", at("again"))).expect("reads");
    assert_eq!(again, std::fs::read(format!("{}/changes.json", at("first"))).expect("reads"));

    let (done, said) = release(&["--collection", YEAR, "--earlier", &at("first"), "--output", &at("second")]);
    assert_eq!((done, said.contains("--reason")), (Some(3), true), "{said}");
    let why = ["--reason", "The first one was a rehearsal."];
    let (done, said) =
        release(&[&["--collection", YEAR, "--earlier", &at("first"), "--output", &at("second")], &why[..]].concat());
    assert_eq!(done, Some(0), "{said}");
    let changes = std::fs::read_to_string(format!("{}/changes.md", at("second"))).expect("reads");
    assert!(changes.contains("rehearsal") && changes.contains("nothing changed"), "{changes}");

    std::fs::remove_file(format!("{}/331.zip", at("returns"))).expect("removes");
    let (done, said) = release(&["--manifest", &manifest, "--output", &at("third")]);
    assert_eq!(done, Some(1), "{said}");
    for wanted in ["the return of authority 331 is not there", "the file coverage.csv has other bytes"] {
        assert!(said.contains(wanted), "{said}");
    }
}
