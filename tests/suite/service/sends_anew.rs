//! A return that is sent once more: after it was sent back, and while its first sending is still being decided.

use super::resubmits::{explain_everything, packed, version};
use super::{Actor, Running, homeward, small_return};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// A folder with a submitter's key and a return, for the command line.
struct Officer {
    folder: tempfile::TempDir,
    api: String,
}

impl Officer {
    fn new(service: &Running, file: &[u8]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("key"), service.key("submitter", Some("330"))).expect("written");
        std::fs::write(folder.path().join("return.zip"), file).expect("written");
        Self { folder, api: service.api.clone() }
    }

    fn sends(&self) -> Output {
        let path = |name: &str| self.folder.path().join(name).to_str().expect("a path").to_owned();
        homeward(&["submit", &path("return.zip"), "--service", &self.api, "--key-file", &path("key")])
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

async fn all_returns(actor: &Actor) -> Vec<Value> {
    actor.get("/v1/returns").await.json()["returns"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn what_was_sent_back_is_sent_again_as_it_is() {
    let service = Running::start(&[]);
    let (submitter, collector) = (service.acting("submitter", Some("330")), service.acting("collector", None));
    let officer = Officer::new(&service, &small_return("330"));
    let first = officer.sends();
    assert!(said(&first).contains(" is checked."), "{}", said(&first));
    assert!(
        said(&first).contains("Its deadline") && said(&first).contains("a signatory of your authority must sign it"),
        "{}",
        said(&first)
    );
    let again = officer.sends();
    assert!(said(&again).contains("sent before"), "{}", said(&again));
    let returns = all_returns(&submitter).await;
    assert_eq!(returns.len(), 1, "sent twice while it stands, it is one return");

    let path = format!("/v1/returns/{}", returns[0]["id"].as_str().expect("an id"));
    let body = json!({ "note": "Please explain it better." });
    assert_eq!(collector.post(&format!("{path}/send-back"), &body).await.status, 200);
    let second = officer.sends();
    assert!(said(&second).contains(" is checked.") && !said(&second).contains("sent before"), "{}", said(&second));
    let versions: Vec<Value> = all_returns(&submitter).await.iter().map(|one| one["version"].clone()).collect();
    assert_eq!(versions, [json!(1), json!(2)]);
}

/// The report of a return stands on a disk that hangs: whoever reads it waits. It is a pipe.
struct HangingReport {
    report: PathBuf,
    kept: PathBuf,
}

impl HangingReport {
    fn of(data: &Path, id: &str) -> Self {
        let report = data.join(format!("archive/reports/{id}.json.zst"));
        let kept = data.with_extension("kept-report");
        std::fs::rename(&report, &kept).expect("is there");
        let made = Command::new("mkfifo").arg(&report).status().expect("mkfifo runs");
        assert!(made.success());
        Self { report, kept }
    }

    /// The file is back, and whoever waits is let go with an error.
    fn mend(self) {
        let waiting = std::fs::OpenOptions::new().write(true).open(&self.report).expect("somebody reads");
        std::fs::rename(&self.kept, &self.report).expect("is put back");
        drop(waiting);
    }
}

#[tokio::test]
async fn who_sends_while_it_is_decided_is_told_to_wait_and_the_command_line_does() {
    let service = Running::start(&[]);
    let submitter = service.acting("submitter", Some("330"));
    let first = submitter.upload(packed(&version(["5", "6", "7"])), "first").await;
    let id = first.json()["return"]["id"].as_str().expect("an id").to_owned();
    explain_everything(&submitter, &format!("/v1/returns/{id}")).await;
    // The next version takes over the reasons of this one, for which its report is read.
    let hanging = HangingReport::of(&service.data, &id);
    let next = packed(&version(["5", "9", "7"]));
    let officer = Officer::new(&service, &next);
    let (sender, bytes) = (submitter.clone(), next.clone());
    let deciding = tokio::spawn(async move { sender.upload(bytes, "second").await });
    let received = async || submitter.get("/v1/returns?state=received").await.json()["returns"].clone();
    while received().await.as_array().is_none_or(Vec::is_empty) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let waiting = submitter.upload(next.clone(), "second").await;
    let view = waiting.json();
    assert_eq!((waiting.status, &view["return"]["state"], &view["report"]), (202, &json!("received"), &Value::Null));
    assert_eq!(waiting.header("location"), format!("/v1/returns/{}", view["return"]["id"].as_str().expect("an id")));
    assert!(waiting.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1));
    let request = submitter.request("POST", "/v1/returns").header("Accept", "text/plain").body(next);
    let text = Actor::send(request).await;
    assert_eq!((text.status, text.header("homeward-state"), text.body.len()), (202, "received", 0));
    assert!(text.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1));

    let asking = tokio::task::spawn_blocking(move || officer.sends());
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(!asking.is_finished(), "the command line waits");
    hanging.mend();
    let told = asking.await.expect("ended");
    assert!(said(&told).contains(" is checked.") && !said(&told).contains("newer version"), "{}", said(&told));
    assert_eq!(told.status.code(), Some(0));
    assert_eq!(deciding.await.expect("ended").status, 201);
    assert_eq!(all_returns(&submitter).await.len(), 2);
}
