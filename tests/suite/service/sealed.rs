//! Encryption at rest as an operator sees it: nothing lies open, keys are changed while it runs, backups are restored.

use super::{Running, homeward, small_return};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

fn new_key(id: &str) -> String {
    let made = homeward(&["admin", "encryption", "new-key", "--id", id]);
    assert!(made.status.success());
    String::from_utf8(made.stdout).expect("a line").trim().to_owned()
}

/// The operator's file of keys: one that everybody may read is refused.
fn write_keys(file: &Path, text: &str) {
    std::fs::write(file, text).expect("writes");
    std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("is changed");
}

fn admin(data: &Path, keys: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_homeward"));
    command.env("HOMEWARD_SERVICE_DATA_FOLDER", data).env("HOMEWARD_ENCRYPTION_KEYS_FILE", keys);
    command.arg("admin").args(arguments).output().expect("the program starts")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The ledger of the one backup in a folder.
fn sealed_ledger(backups: &Path) -> PathBuf {
    let mut found =
        std::fs::read_dir(backups.join("backups")).expect("lists").map(|entry| entry.expect("an entry").path());
    let (ledger, more) = (found.next().expect("a backup").join("ledger.sqlite.sealed"), found.next());
    assert!(ledger.is_file() && more.is_none(), "{} is not there, or there is {more:?}", ledger.display());
    ledger
}

#[tokio::test]
async fn nothing_lies_open_keys_change_while_it_runs_and_a_backup_is_the_same_service() {
    let place = tempfile::tempdir().expect("a folder");
    let keys = place.path().join("keys");
    let (old, new) = (new_key("old"), new_key("new"));
    write_keys(&keys, &old);
    let service = Running::start(&[("HOMEWARD_ENCRYPTION_KEYS_FILE", keys.to_str().expect("a path"))]);
    let submitter = service.acting("submitter", Some("330"));
    let sent = submitter.upload(small_return("330"), "sealed").await;
    assert_eq!(sent.status, 201, "{}", String::from_utf8_lossy(&sent.body));
    let path = sent.header("location").to_owned();
    // Column names stand in every original, CSV in a ZIP, and in every table, Parquet.
    let specification = homeward::spec::Specification::embedded().expect("loads");
    assert!(specification.tables.iter().flat_map(|table| &table.fields).any(|field| field.name == "LEGAL_AFTER"));
    for canary in [&b"header.csv"[..], b"LEGAL_AFTER", b"PAR1", b"\x28\xb5\x2f\xfd"] {
        assert!(!service.holds(canary), "{} lies open", String::from_utf8_lossy(canary));
    }
    let findings = submitter.get(&format!("{path}/findings")).await;

    write_keys(&keys, &format!("{new}\n{old}\n"));
    let pid = service.child.id().to_string();
    assert!(Command::new("kill").args(["-HUP", &pid]).status().expect("kill runs").success());
    let done = admin(&service.data, &keys, &["encryption", "reseal"]);
    assert!(done.status.success() && text(&done).contains("sealed with the key new"), "{}", text(&done));
    write_keys(&keys, &format!("{new}\n"));
    assert!(Command::new("kill").args(["-HUP", &pid]).status().expect("kill runs").success());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(submitter.get(&format!("{path}/findings")).await.body, findings.body);

    let backups = place.path().join("backups");
    let folder = backups.to_str().expect("a path");
    let taken = admin(&service.data, &keys, &["backup", folder]);
    assert!(taken.status.success(), "{}", text(&taken));
    let verified = admin(&service.data, &keys, &["backup", "verify", folder]);
    assert!(verified.status.success() && text(&verified).contains("is whole"), "{}", text(&verified));
    let ledger = sealed_ledger(&backups);
    let audited = admin(&service.data, &keys, &["audit", "verify", "--ledger", ledger.to_str().expect("a path")]);
    assert!(audited.status.success() && text(&audited).contains("The history holds"), "{}", text(&audited));
    let again = place.path().join("again");
    let restored = admin(&service.data, &keys, &["restore", folder, "--data-folder", again.to_str().expect("a path")]);
    assert!(restored.status.success(), "{}", text(&restored));
    let service = service.kill_and_restart_in(again);
    let answer = service.with_key(&submitter).get(&format!("{path}/findings")).await;
    assert_eq!((answer.status, answer.body), (200, findings.body));

    write_keys(&keys, &new_key("another"));
    let service = service.kill_and_restart();
    let ready = reqwest::get(format!("{}/readyz", service.admin)).await.expect("answers");
    assert_eq!(ready.status().as_u16(), 503);
    let said = ready.text().await.expect("text");
    let status = admin(&service.data, &keys, &["encryption", "status"]);
    assert!(!status.status.success() && text(&status).contains("encryption key new"), "{}", text(&status));
    let refused = service.with_key(&submitter).get(&format!("{path}/findings")).await;
    assert_eq!(refused.status, 500, "what cannot be opened is never said not to be there");
    assert!(service.log().contains("sealed with the encryption key new") || said.contains("key new"), "{said}");
}
