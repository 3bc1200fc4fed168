//! The ledger is lost, or put back from an older copy: nothing of the archive goes with it.

use super::{PROGRAM, Running, files, small_return};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

const LEDGER: [&str; 3] = ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"];

fn admin(data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.env("HOMEWARD_SERVICE_DATA_FOLDER", data).arg("admin").args(arguments);
    command.output().expect("the program starts")
}

fn archive(data: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let read = |path: PathBuf| (path.clone(), std::fs::read(&path).expect("is read"));
    files(&data.join("archive")).into_iter().map(read).collect()
}

/// Ends the process at once, and moves its ledger away.
fn end_and_take_ledger(service: &mut Running, to: &Path) {
    service.child.kill().expect("it is killed");
    service.child.wait().expect("it ended");
    std::fs::create_dir_all(to).expect("a folder");
    for file in LEDGER {
        let from = service.data.join(file);
        if from.exists() {
            std::fs::rename(from, to.join(file)).expect("is moved");
        }
    }
}

fn put_ledger(from: &Path, data: &Path) {
    for file in LEDGER {
        let _ = std::fs::remove_file(data.join(file));
        if from.join(file).exists() {
            std::fs::copy(from.join(file), data.join(file)).expect("is copied");
        }
    }
}

async fn unknown(service: &Running) -> u64 {
    let answer = reqwest::get(format!("{}/metrics", service.admin)).await.expect("metrics");
    let text = answer.text().await.expect("a text");
    let found = text.lines().find_map(|line| line.strip_prefix("homeward_unknown_objects "));
    found.expect("the metric is there").parse().expect("a number")
}

#[tokio::test]
async fn nothing_goes_with_a_ledger_that_is_lost_or_older() {
    let mut service = Running::start(&[]);
    let first = service.acting("submitter", Some("330"));
    let known = first.upload(small_return("330"), "one").await;
    assert_eq!(known.status, 201);
    let aside = service.data.with_extension("aside");
    end_and_take_ledger(&mut service, &aside.join("older"));
    put_ledger(&aside.join("older"), &service.data);
    let mut service = service.kill_and_restart();
    let second = service.acting("submitter", Some("331"));
    let newer = second.upload(small_return("331"), "two").await;
    assert_eq!(newer.status, 201);
    let (path, id) =
        (newer.header("location").to_owned(), newer.json()["return"]["id"].as_str().expect("an id").to_owned());
    end_and_take_ledger(&mut service, &aside.join("newer"));
    let before = archive(&service.data);
    assert!(before.len() > 2, "the archive holds two returns");

    for arguments in [
        &["collection", "show", "reunification-2026"][..],
        &["key", "list"],
        &["release", "list"],
        &["retention", "status"],
        &["retention", "run"],
        &["organisation", "list"],
        &["person", "list"],
        &["authority", "remove", "330", "--reason", "x", "--confirm", "330"],
    ] {
        let told = admin(&service.data, arguments);
        assert!(!told.status.success(), "{arguments:?} opened an archive without its ledger");
        let said = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(said.contains("holds an archive and no ledger"), "{arguments:?}: {said}");
        assert!(!service.data.join("ledger.sqlite").exists(), "{arguments:?} made a ledger");
    }
    assert_eq!(archive(&service.data), before);

    put_ledger(&aside.join("older"), &service.data);
    let mut service = service.kill_and_restart();
    for _ in 0..300 {
        if unknown(&service).await > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let count = before.keys().filter(|path| path.to_string_lossy().contains(&id)).count();
    assert_eq!(unknown(&service).await, count as u64, "every object of the newer return is counted");
    assert_eq!(archive(&service.data), before, "and is where it was");
    assert!(service.log().contains(&format!("return {id}")), "the log names it");
    let listed = admin(&service.data, &["retention", "unknown"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert_eq!(listed.matches(&id).count(), count, "{listed}");
    let run = admin(&service.data, &["retention", "run"]);
    assert!(run.status.success());
    let wrong = admin(&service.data, &["retention", "delete-unknown", "--reason", "x", "--confirm", "1"]);
    assert!(!wrong.status.success(), "whoever deletes knows how much");
    assert_eq!(archive(&service.data), before);

    // The right ledger is found: all is as it was.
    end_and_take_ledger(&mut service, &aside.join("older-after"));
    put_ledger(&aside.join("newer"), &service.data);
    let mut service = service.kill_and_restart();
    let found = service.with_key(&second).get(&path).await;
    assert_eq!(found.status, 200);
    assert_eq!(unknown(&service).await, 0);
    assert_eq!(archive(&service.data), before);

    // It is not found, and somebody decides.
    end_and_take_ledger(&mut service, &aside.join("newer-after"));
    put_ledger(&aside.join("older-after"), &service.data);
    let service = service.kill_and_restart();
    let confirm = count.to_string();
    let told =
        admin(&service.data, &["retention", "delete-unknown", "--reason", "Sent again since.", "--confirm", &confirm]);
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let left = archive(&service.data);
    assert_eq!(left.len() + count, before.len());
    assert!(left.keys().all(|path| !path.to_string_lossy().contains(&id)));
    assert!(admin(&service.data, &["audit", "verify"]).status.success(), "the history holds, and says it");
}
