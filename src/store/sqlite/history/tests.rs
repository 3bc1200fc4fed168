use super::*;
use crate::store::observer::NoObserver;
use crate::store::sqlite::schema::MIGRATIONS;
use crate::store::sqlite::{SqliteLedger, audit};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use std::collections::BTreeSet;
use std::sync::Arc;

#[tokio::test]
async fn every_column_of_an_event_is_chained() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = SqliteLedger::open(&folder.path().join("l.sqlite"), Arc::new(NoObserver)).await.expect("opens");
    let columns = "SELECT name FROM pragma_table_info('events')";
    let columns: Vec<String> = sqlx::query_scalar(columns).fetch_all(&ledger.readers).await.expect("lists");
    // The words of a note go in by their digest, and the digest is what comes out.
    let mut expected: BTreeSet<String> = CHAINED.map(str::to_owned).into();
    expected.extend(["note".to_owned(), "digest".to_owned()]);
    assert_eq!(columns.into_iter().collect::<BTreeSet<_>>(), expected, "a new column goes into the chain");
    let event: serde_json::Value = serde_json::from_str(
        &ChainedEvent {
            at: 0,
            done_by: None,
            note_digest: None,
            previous: BEGINNING,
            sequence: 1,
            state_from: None,
            state_to: None,
            subject: String::new(),
            subject_id: String::new(),
            what: String::new(),
        }
        .canonical(),
    )
    .expect("is JSON");
    assert_eq!(event.as_object().expect("an object").keys().map(String::as_str).collect::<Vec<_>>(), CHAINED);
}

#[tokio::test]
async fn the_events_of_an_earlier_schema_are_chained_once_when_the_file_is_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("l.sqlite");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await.expect("opens");
    // As the program before wrote it: its migrations, and the table in which they are remembered.
    for (_, _, sql) in MIGRATIONS.iter().filter(|(number, ..)| *number <= 3) {
        sqlx::raw_sql(*sql).execute(&pool).await.expect("migrates");
    }
    let old = "INSERT INTO keys VALUES ('k', 'p', 's', 'collector', NULL, 'l', 0, NULL, NULL, NULL, 't');
               INSERT INTO events (at, what, subject, subject_id, state_to, done_by, note) VALUES
               (1, 'add key', 'key', 'k', 'in use', NULL, NULL), (2, 'build release', 'release', 'r', 'draft', 'k', 'Why.');";
    sqlx::raw_sql(old).execute(&pool).await.expect("inserts");
    pool.close().await;
    super::super::tests::remember_migrations(&file, 3).await;

    assert!(matches!(audit(&file, &[], None).await, Err(StoreError::NotChained)), "it is said, and nothing is changed");
    let ledger = SqliteLedger::open(&file, Arc::new(NoObserver)).await.expect("opens");
    let walked = audit(&file, &[], None).await.expect("walks");
    assert_eq!((walked.events, walked.fault), (2, None));
    let events = "SELECT what, note, digest FROM events ORDER BY sequence";
    let before: Vec<(String, Option<String>, String)> =
        sqlx::query_as(events).fetch_all(&ledger.readers).await.expect("reads");
    assert_eq!(before[1].1.as_deref(), Some("Why."));
    ledger.close().await;

    // A chain that somebody took away is not made anew.
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.expect("opens");
    sqlx::raw_sql("UPDATE events SET digest = NULL").execute(&pool).await.expect_err("the chain has begun");
    let bare = "DROP TRIGGER events_are_never_changed; UPDATE events SET digest = NULL WHERE sequence = 2;";
    sqlx::raw_sql(bare).execute(&pool).await.expect("somebody with the file can");
    pool.close().await;
    let ledger = SqliteLedger::open(&file, Arc::new(NoObserver)).await.expect("opens");
    ledger.close().await;
    let fault = audit(&file, &[], None).await.expect("walks").fault.expect("is found");
    assert_eq!(fault.event, Some(2), "{fault:?}");
}

#[tokio::test]
async fn only_the_words_of_a_note_can_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = SqliteLedger::open(&folder.path().join("l.sqlite"), Arc::new(NoObserver)).await.expect("opens");
    let mut work = ledger.begin("a test").await.expect("begins");
    let at = DateTime::UNIX_EPOCH;
    let change = Change { note: Some("words"), ..Change::default() };
    let subject = EventSubject::Release(crate::domain::identifier::ReleaseId::new(at));
    add(&mut work, subject, at, change).await.expect("adds");
    work.commit().await.expect("commits");
    for refused in [
        "UPDATE events SET note = 'other words'",
        "UPDATE events SET note = NULL, note_digest = NULL",
        "UPDATE events SET what = 'x'",
        "DELETE FROM events",
        "INSERT INTO events (at, what, subject, subject_id) VALUES (1, 'x', 'key', 'k')",
        "DELETE FROM event_chain",
    ] {
        sqlx::raw_sql(refused).execute(&ledger.writer).await.expect_err(refused);
    }
    sqlx::raw_sql("UPDATE events SET note = NULL").execute(&ledger.writer).await.expect("words may be deleted");
}
