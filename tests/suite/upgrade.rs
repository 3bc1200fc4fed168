//! Data folders that earlier releases wrote are opened by this one: everything is readable, and moves go on.
//!
//! `tests/data/ledger/schema-0003` was made by `tests/data/ledger/make.py` with the program of commit b13093e, the last one
//! with the schemas 1 to 3. A further release adds a folder of its own and never changes one of these.

use super::service_support::House;
use homeward::domain::account::Role;
use homeward::domain::release::ReleaseState;
use homeward::domain::state::ReturnState;
use homeward::store::{EventSubject, Ledger, NoObserver, Page, ReturnFilter, ReturnRecord, SqliteLedger};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("lists") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, target).expect("copies");
        }
    }
}

fn kept(schema: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/ledger").join(schema), folder.path());
    folder
}

async fn returns(ledger: &dyn Ledger) -> Vec<ReturnRecord> {
    ledger.returns(&ReturnFilter::default(), Page::ALL).await.expect("lists")
}

async fn schema(folder: &Path) -> i64 {
    let file = SqliteConnectOptions::new().filename(folder.join("ledger.sqlite"));
    let mut connection = file.connect().await.expect("opens");
    let whole: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.expect("answers");
    assert_eq!(whole, "ok");
    sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&mut connection).await.expect("answers")
}

/// Everything that the ledger of schema 3 holds.
async fn is_readable(ledger: &dyn Ledger) {
    let all = returns(ledger).await;
    let mut states: BTreeMap<&str, u32> = BTreeMap::new();
    let mut explanations = 0;
    for one in &all {
        *states.entry(one.state.name()).or_default() += 1;
        explanations += ledger.explanations(one.id).await.expect("reads").len();
        let events = ledger.events(EventSubject::Return(one.id)).await.expect("reads");
        // Notes about explanations that were carried over follow a move and name no state.
        let moved_to = events.iter().rev().find_map(|event| event.to.as_deref());
        assert_eq!(moved_to, Some(one.state.name()));
        assert_eq!(one.verdict.is_some(), one.state != ReturnState::Rejected);
    }
    let expected = [
        ("accepted", 2),
        ("checked", 1),
        ("rejected", 1),
        ("sent-back", 1),
        ("signed", 1),
        ("superseded", 1),
        ("withdrawn", 1),
    ];
    assert_eq!(states, expected.into());
    assert_eq!(explanations, 12, "of 17, five are overtaken by later ones of the same thing");
    let receipts = ledger.receipts(None, Page::ALL).await.expect("lists");
    assert_eq!((receipts.len(), receipts[0].codes.is_empty()), (1, false));
    let releases = ledger.releases().await.expect("lists");
    let releases: Vec<ReleaseState> = releases.iter().map(|release| release.state).collect();
    assert_eq!(releases, [ReleaseState::Published, ReleaseState::Draft]);
}

#[tokio::test]
async fn a_data_folder_of_schema_3_is_read_and_goes_on() {
    let house = House::within(kept("schema-0003"), 2, 50).await;
    let ledger = house.data.ledger.as_ref();
    is_readable(ledger).await;
    let find = async |state: ReturnState| {
        returns(ledger).await.into_iter().find(|one| one.state == state).expect("there is one")
    };
    let (signed, checked) = (find(ReturnState::Signed).await, find(ReturnState::Checked).await);
    let collector = house.account(Role::Collector).await;
    house.service.accept(&collector, signed.id, None).await.expect("is accepted");
    let signatory = house.account_of(Role::Signatory, &checked.authority).await;
    let report = house.service.report(&signatory, checked.id).await.expect("the report reads");
    assert_eq!(Some(report.outcome), checked.verdict.map(|verdict| verdict.outcome));
    house.service.sign(&signatory, checked.id, None).await.expect("is signed");
    let moved = ledger.return_by_id(checked.id).await.expect("reads").expect("is there");
    assert_eq!(moved.state, ReturnState::Signed);
    house.data.ledger.close().await;
    SqliteLedger::open(&house.folder().join("ledger.sqlite"), Arc::new(NoObserver)).await.expect("opens again");
}

#[tokio::test]
async fn an_upgrade_that_is_killed_goes_on_from_a_whole_schema() {
    let whole = kept("schema-0003");
    for round in 0..8_u64 {
        let folder = kept("schema-0003");
        let before = schema(folder.path()).await;
        let mut upgrading = Command::new(env!("CARGO_BIN_EXE_homeward"))
            .args(["admin", "key", "list"])
            .env("HOMEWARD_SERVICE_DATA_FOLDER", folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        // The first ends before the file is opened, the last after it.
        for _ in 0..200 {
            let log = folder.path().join("ledger.sqlite-wal");
            if upgrading.try_wait().expect("asks").is_some() || log.exists() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_millis(4 * round)).await;
        upgrading.kill().expect("is killed");
        upgrading.wait().expect("ended");
        assert!(schema(folder.path()).await >= before);
        let ledger = SqliteLedger::open(&folder.path().join("ledger.sqlite"), Arc::new(NoObserver)).await;
        is_readable(&ledger.expect("opens")).await;
    }
    assert_eq!(schema(whole.path()).await, 3, "the kept file is of its own schema");
}
