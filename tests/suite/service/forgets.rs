//! The real program is killed in the middle of deleting: the next run ends what it began, and proves it.

use super::{PROGRAM, Running, small_return};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const AT_ONCE: [(&str, &str); 2] =
    [("HOMEWARD_RETENTION_ORIGINALS_DAYS", "0"), ("HOMEWARD_RETENTION_UNDECIDED_DAYS", "0")];

fn command(service: &Running, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.env("HOMEWARD_SERVICE_DATA_FOLDER", &service.data).envs(AT_ONCE).args(arguments);
    command
}

fn run(service: &Running, arguments: &[&str]) -> Output {
    command(service, arguments).output().expect("the program starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test]
async fn kill_9_in_a_run_of_retention_leaves_nothing_half_deleted() {
    let service = Running::start(&[]);
    let submitter = service.acting("submitter", Some("330"));
    let good = small_return("330");
    for number in 0..8_u8 {
        // A comment at the end of a ZIP changes its bytes and not its content.
        let mut bytes = good.clone();
        let length = bytes.len();
        bytes[length - 2] = 1;
        bytes.push(b'a' + number);
        assert_eq!(submitter.upload(bytes, &format!("key-{number}")).await.status, 201);
    }
    let listed = run(&service, &["admin", "retention", "run", "--dry-run"]);
    assert!(said(&listed).contains("undecided_days = 0"), "{}", said(&listed));
    for round in 0..8_u64 {
        let mut half = command(&service, &["admin", "retention", "run"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        tokio::time::sleep(Duration::from_millis(300 + 170 * round)).await;
        // It may have ended by itself by now.
        let _ = half.kill();
        half.wait().expect("it ended");
    }
    let service = service.kill_and_restart();
    let last = run(&service, &["admin", "retention", "run"]);
    assert_eq!(last.status.code(), Some(0), "{}", said(&last));
    let verified = run(&service, &["admin", "retention", "verify"]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    let audited = run(&service, &["admin", "audit", "verify"]);
    assert_eq!(audited.status.code(), Some(0), "{}", said(&audited));
    for folder in ["originals", "reports", "tables"] {
        let left = super::files(&service.data.join("archive").join(folder));
        assert!(left.is_empty(), "{left:?}");
    }
    let status = said(&run(&service, &["admin", "retention", "status"]));
    assert!(status.contains("Nothing is due.") && status.contains("0 deletions are not finished"), "{status}");
    let certificate = status.lines().last().and_then(|line| line.split(' ').next()).expect("a certificate").to_owned();
    let shown = run(&service, &["admin", "retention", "certificate", &certificate]);
    assert!(said(&shown).contains("application/vnd.homeward.deletion+json"), "{}", said(&shown));
}

#[tokio::test]
async fn a_collector_removes_an_authority_over_http() {
    let service = Running::start(&[]);
    let submitter = service.acting("submitter", Some("330"));
    let id =
        submitter.upload(small_return("330"), "one").await.json()["return"]["id"].as_str().expect("an id").to_owned();
    let collector = service.acting("collector", None);
    let body = |confirm: &str| serde_json::json!({ "reason": "It asked for it.", "confirm": confirm });
    assert_eq!(submitter.post("/v1/authorities/330/removal", &body("330")).await.status, 403);
    assert_eq!(collector.post("/v1/authorities/330/removal", &body("331")).await.status, 400);
    assert_eq!(collector.post("/v1/authorities/000/removal", &body("000")).await.status, 404);
    let removed = collector.post("/v1/authorities/330/removal", &body("330")).await;
    assert_eq!(removed.status, 200);
    let answer = removed.json();
    assert!(answer["objects"].as_u64().is_some_and(|objects| objects > 3), "{answer}");
    assert_eq!(answer["certificate"]["payloadType"], "application/vnd.homeward.deletion+json");
    assert_eq!((answer["keys"].clone(), answer["people"].clone()), (1.into(), 0.into()), "{answer}");
    assert_eq!(submitter.get("/v1/returns").await.status, 401, "its keys ended at once");
    let submitter = service.acting("submitter", Some("330"));
    let findings = submitter.get(&format!("/v1/returns/{id}/findings")).await;
    assert_eq!((findings.status, findings.json()["code"].clone()), (410, "content-deleted".into()));
    assert_eq!(submitter.get(&format!("/v1/returns/{id}/receipt")).await.status, 200, "receipts stay");
    let refused = run(&service, &["admin", "authority", "remove", "331", "--reason", "Asked.", "--confirm", "330"]);
    assert_eq!(refused.status.code(), Some(3), "{}", said(&refused));
    let nothing = run(&service, &["admin", "authority", "remove", "330", "--reason", "Asked.", "--confirm", "330"]);
    assert_eq!(nothing.status.code(), Some(0), "{}", said(&nothing));
    assert!(said(&nothing).contains("nothing left") && said(&nothing).contains("1 keys"), "{}", said(&nothing));
}
