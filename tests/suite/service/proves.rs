//! Evidence as people get it: from the real program, its files and its exit codes.

use super::{PROGRAM, Running, small_return};
use std::path::Path;
use std::process::{Command, Output};

fn run(service: &Running, arguments: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.env("HOMEWARD_SERVICE_DATA_FOLDER", &service.data).args(arguments);
    command.output().expect("the program starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().expect("a path").to_owned()
}

#[tokio::test]
async fn a_receipt_is_kept_and_verified_without_the_service() {
    let service = Running::start(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let (upload, key, receipt) =
        (path(folder.path(), "330.zip"), path(folder.path(), "key"), path(folder.path(), "receipt.json"));
    std::fs::write(&upload, small_return("330")).expect("writes");
    std::fs::write(&key, service.key("submitter", Some("330"))).expect("writes");
    let sent =
        run(&service, &["submit", &upload, "--service", &service.api, "--key-file", &key, "--receipt", &receipt]);
    assert_eq!(sent.status.code(), Some(0), "{}", said(&sent));
    let anybody = super::reqwest_client();
    let keys = anybody.get(format!("{}/v1/receipts/keys", service.api)).send().await.expect("answers");
    assert_eq!(keys.status(), 200);
    assert_eq!(keys.headers()["content-type"], "application/jwk-set+json");
    let keys_file = path(folder.path(), "keys.json");
    std::fs::write(&keys_file, keys.bytes().await.expect("a body")).expect("writes");

    let verify = |receipt: &str, file: &str| {
        run(&service, &["receipt", "verify", receipt, "--keys", &keys_file, "--file", file])
    };
    let good = verify(&receipt, &upload);
    assert_eq!(good.status.code(), Some(0), "{}", said(&good));
    for sentence in ["The receipt holds", "Authority 330 sent a file", "became checked", "byte for byte"] {
        assert!(said(&good).contains(sentence), "{}", said(&good));
    }
    let bytes = std::fs::read(&receipt).expect("reads");
    let altered = path(folder.path(), "altered");
    for at in (0..bytes.len()).step_by(bytes.len() / 12) {
        let mut other = bytes.clone();
        other[at] ^= 1;
        std::fs::write(&altered, other).expect("writes");
        let answer = verify(&altered, &upload);
        assert_eq!(answer.status.code(), Some(1), "byte {at}: {}", said(&answer));
        assert!(said(&answer).contains("proves nothing"), "{}", said(&answer));
    }
    let sent_bytes = std::fs::read(&upload).expect("reads");
    for at in (0..sent_bytes.len()).step_by(sent_bytes.len() / 6) {
        let mut other = sent_bytes.clone();
        other[at] ^= 1;
        std::fs::write(&altered, other).expect("writes");
        let answer = verify(&receipt, &altered);
        assert_eq!(answer.status.code(), Some(1), "byte {at}");
        assert!(said(&answer).contains("is not the one that was sent"), "{}", said(&answer));
    }
    assert_eq!(verify("no/such/file", &upload).status.code(), Some(3));
    assert_eq!(run(&service, &["receipt", "verify", &receipt, "--keys", &upload]).status.code(), Some(3));
}

#[tokio::test]
async fn a_receipt_is_given_with_the_answer_and_to_nobody_else() {
    let service = Running::start(&[]);
    let submitter = service.acting("submitter", Some("330"));
    let answer = submitter.upload(small_return("330"), "one").await;
    let (id, given) = (answer.json()["return"]["id"].as_str().expect("an id").to_owned(), answer.json());
    let kept = submitter.get(&format!("/v1/returns/{id}/receipt")).await;
    assert_eq!((kept.status, kept.header("content-type")), (200, "application/vnd.dsse.envelope.v1+json"));
    assert_eq!(serde_json::to_vec(&given["signed_receipt"]).expect("JSON"), kept.body, "the same bytes");
    let service = service.kill_and_restart();
    let again = super::Actor { base: service.api.clone(), ..submitter };
    assert_eq!(again.get(&format!("/v1/returns/{id}/receipt")).await.body, kept.body, "for ever");
    assert_eq!(again.get(&format!("/v1/returns/{id}/receipt?decision=signed")).await.status, 404);
    assert_eq!(again.get(&format!("/v1/returns/{id}/receipt?decision=lost")).await.status, 400);
    let stranger = service.acting("submitter", Some("331"));
    let unknown = stranger.get("/v1/returns/01890000-0000-7000-8000-000000000000/receipt").await;
    let others = stranger.get(&format!("/v1/returns/{id}/receipt")).await;
    assert_eq!((others.status, others.json()["code"].clone()), (404, unknown.json()["code"].clone()));
    assert_eq!(service.acting("collector", None).get(&format!("/v1/returns/{id}/receipt")).await.status, 200);
    assert_eq!(service.acting("analyst", None).get(&format!("/v1/returns/{id}/receipt")).await.status, 403);
}

#[tokio::test]
async fn the_history_is_audited_beside_the_service_and_exported() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let checkpoints = path(elsewhere.path(), "checkpoints.jsonl");
    let service = Running::start(&[
        ("HOMEWARD_EVIDENCE_CHECKPOINT_EVERY_SECONDS", "1"),
        ("HOMEWARD_EVIDENCE_CHECKPOINT_FILE", &checkpoints),
    ]);
    let submitter = service.acting("submitter", Some("330"));
    assert_eq!(submitter.upload(small_return("330"), "one").await.status, 201);
    for _ in 0..100 {
        if std::fs::read_to_string(&checkpoints).is_ok_and(|text| text.contains("payload")) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let keys = super::reqwest_client().get(format!("{}/v1/receipts/keys", service.api)).send().await.expect("answers");
    let keys_file = path(elsewhere.path(), "keys.json");
    std::fs::write(&keys_file, keys.bytes().await.expect("a body")).expect("writes");
    let audited = run(&service, &["admin", "audit", "verify", "--checkpoint", &checkpoints, "--keys", &keys_file]);
    assert_eq!(audited.status.code(), Some(0), "{}", said(&audited));
    assert!(said(&audited).contains("The history holds"), "{}", said(&audited));
    assert!(service.log().contains("transaction=\"receive upload\""), "{}", service.log());

    let exported = path(elsewhere.path(), "history.jsonl");
    let written = run(&service, &["admin", "audit", "export", "--output", &exported]);
    assert_eq!(written.status.code(), Some(0), "{}", said(&written));
    let verify = |file: &str| run(&service, &["admin", "audit", "verify", "--export", file, "--keys", &keys_file]);
    assert_eq!(verify(&exported).status.code(), Some(0), "{}", said(&verify(&exported)));
    let text = std::fs::read_to_string(&exported).expect("reads");
    let lines: Vec<&str> = text.lines().collect();
    let (shorter, swapped) = (path(elsewhere.path(), "shorter"), path(elsewhere.path(), "swapped"));
    let mut cut = lines.clone();
    cut.remove(lines.len() - 2);
    std::fs::write(&shorter, cut.join("\n")).expect("writes");
    let mut other = lines.clone();
    other.swap(0, 1);
    std::fs::write(&swapped, other.join("\n")).expect("writes");
    for file in [&shorter, &swapped] {
        let answer = verify(file);
        assert_eq!(answer.status.code(), Some(1), "{}", said(&answer));
    }
    let nothing = run(&service, &["admin", "audit", "verify", "--ledger", "no/such/ledger"]);
    assert_eq!(nothing.status.code(), Some(3), "{}", said(&nothing));
}
