//! Somebody who has the ledger's file changes it: each way is found, and the first event that is wrong is named.

use crate::service_support::{AUTHORITY, House, YEAR, sample};
use homeward::domain::account::Role;
use homeward::domain::evidence::{Checkpoint, open};
use homeward::store::{Anchor, Audit, DataFolder, Ledger, audit};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use std::path::{Path, PathBuf};

/// A ledger with some history, and a checkpoint of it that was kept elsewhere.
async fn history() -> (House, Anchor) {
    let house = House::new().await;
    let submitter = house.account(Role::Submitter).await;
    house.accept(AUTHORITY, &sample(YEAR, AUTHORITY, 1)).await;
    house.submit(&submitter, b"CHILD,UNKNOWN_COLUMN\nx,1\n").await.expect("is received");
    assert!(house.service.write_checkpoint(None).await.expect("writes"));
    assert!(!house.service.write_checkpoint(None).await.expect("looks"), "nothing happened since");
    house.submit(&submitter, &sample(YEAR, AUTHORITY, 2)).await.expect("is received");
    let envelope = house.data.ledger.write_checkpoint(house.service.now()).await.expect("writes").expect("is new");
    let keys = house.service.receipt_keys().await.expect("are published");
    let (checkpoint, _) = open::<Checkpoint>(envelope.as_bytes(), &keys).expect("holds");
    let told_by = "the checkpoint of a friend".to_owned();
    (house, Anchor { sequence: checkpoint.events, digest: checkpoint.head, told_by })
}

/// A copy of the ledger as a backup makes it, in which somebody did this.
async fn tampered(house: &House, into: &Path, number: usize, statements: &str) -> PathBuf {
    let copy = into.join(format!("{number}.sqlite"));
    let own = DataFolder::ledger_file(house.folder());
    let mut connection = SqliteConnectOptions::new().filename(&own).connect().await.expect("opens");
    let vacuum = format!("VACUUM INTO '{}'", copy.display());
    sqlx::raw_sql(sqlx::AssertSqlSafe(vacuum)).execute(&mut connection).await.expect("copies");
    let mut connection = SqliteConnectOptions::new().filename(&copy).connect().await.expect("opens");
    // Whoever has the file has the triggers too.
    let triggers = "SELECT name FROM sqlite_schema WHERE type = 'trigger'";
    let triggers: Vec<String> = sqlx::query_scalar(triggers).fetch_all(&mut connection).await.expect("lists");
    for trigger in triggers {
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("DROP TRIGGER {trigger}")))
            .execute(&mut connection)
            .await
            .expect("drops");
    }
    let statements = format!("PRAGMA foreign_keys = OFF; {statements}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&mut connection).await.expect("tampers");
    copy
}

async fn audited(file: &Path, anchors: &[Anchor]) -> Audit {
    audit(file, anchors, None).await.expect("walks")
}

#[tokio::test]
async fn what_was_written_holds_also_beside_the_service_and_over_a_copy() {
    let (house, anchor) = history().await;
    let beside = audited(&DataFolder::ledger_file(house.folder()), std::slice::from_ref(&anchor)).await;
    assert_eq!((beside.fault.clone(), beside.events, beside.head), (None, anchor.sequence, anchor.digest));
    assert_eq!((beside.anchors, beside.receipts), (3, 5), "own checkpoints and the given one; five decisions");
    let folder = tempfile::tempdir().expect("a folder");
    let copy = tampered(&house, folder.path(), 0, "").await;
    assert_eq!(audited(&copy, &[anchor]).await, beside);
}

#[tokio::test]
async fn every_way_of_tampering_is_found() {
    let (house, _) = history().await;
    let folder = tempfile::tempdir().expect("a folder");
    let last = audited(&DataFolder::ledger_file(house.folder()), &[]).await.events;
    let (end, before_end) = (last, last - 1);
    let swap = "UPDATE events SET sequence = -1 WHERE sequence = 4; UPDATE events SET sequence = 4 WHERE sequence = 5; \
                UPDATE events SET sequence = 5 WHERE sequence = -1;";
    let insert = "UPDATE events SET sequence = -sequence WHERE sequence >= 5; \
                  UPDATE events SET sequence = 1 - sequence WHERE sequence < 0; \
                  INSERT INTO events SELECT 5, at, what, subject, subject_id, state_from, state_to, done_by, note, \
                  note_digest, previous, digest FROM events WHERE sequence = 4;";
    let insert_last = format!(
        "INSERT INTO events SELECT {last} + 1, at, what, subject, subject_id, state_from, state_to, done_by, note, \
         note_digest, digest, digest FROM events WHERE sequence = {last};"
    );
    let cases: Vec<(String, Option<u64>, &str)> = vec![
        ("UPDATE events SET at = at + 1 WHERE sequence = 3".into(), Some(3), "changed after it was written"),
        ("UPDATE events SET done_by = NULL WHERE done_by IS NOT NULL".into(), None, "changed after it was written"),
        ("UPDATE events SET note = 'x' WHERE note IS NOT NULL".into(), None, "words of its note"),
        ("UPDATE events SET digest = previous WHERE sequence = 3".into(), Some(3), "changed after it was written"),
        ("UPDATE events SET digest = 'x' WHERE sequence = 3".into(), Some(3), "cannot be read"),
        ("DELETE FROM events WHERE sequence = 4".into(), Some(4), "is missing"),
        ("DELETE FROM events WHERE sequence = 1".into(), Some(1), "is missing"),
        (
            "DELETE FROM events WHERE sequence = 4; UPDATE events SET sequence = sequence - 1 WHERE sequence > 4"
                .into(),
            Some(4),
            "not linked",
        ),
        (swap.into(), Some(4), "not linked"),
        (insert.into(), Some(5), "not linked"),
        (insert_last, Some(last + 1), "changed after it was written"),
        (format!("DELETE FROM events WHERE sequence = {end}"), Some(last), "cut off"),
        (format!("DELETE FROM events WHERE sequence >= {before_end}"), Some(before_end), "cut off"),
        ("UPDATE returns SET state = 'withdrawn' WHERE state = 'accepted'".into(), None, "by its history"),
        ("UPDATE returns SET digest = secret FROM keys WHERE state = 'accepted'".into(), None, "another file"),
        ("UPDATE signed_receipts SET envelope = replace(envelope, 'a', 'b')".into(), None, "does not hold"),
        ("DELETE FROM signed_receipts WHERE decision = 'accepted'".into(), None, "without a receipt"),
        ("UPDATE checkpoints SET events = events - 1".into(), None, "of another one"),
    ];
    for (number, (statements, event, how)) in cases.iter().enumerate() {
        let copy = tampered(&house, folder.path(), number, statements).await;
        let fault = audited(&copy, &[]).await.fault.unwrap_or_else(|| panic!("not found: {statements}"));
        assert!(fault.how.contains(how), "{statements}: {fault:?}");
        assert!(event.is_none() || fault.event == *event, "{statements}: {fault:?}");
    }
}

/// Who has the file can cut the end off with all that speaks of it. What was kept elsewhere still finds it.
#[tokio::test]
async fn an_end_that_was_cut_off_without_a_trace_is_found_by_a_checkpoint_kept_elsewhere() {
    let (house, anchor) = history().await;
    let folder = tempfile::tempdir().expect("a folder");
    let clean = "DELETE FROM checkpoints WHERE events > 10; DELETE FROM signed_receipts WHERE sequence > 10; \
                 DELETE FROM events WHERE sequence > 10; UPDATE sqlite_sequence SET seq = 10 WHERE name = 'events'; \
                 DELETE FROM returns WHERE id NOT IN (SELECT subject_id FROM events);
                 UPDATE returns SET state = (SELECT state_to FROM events WHERE subject_id = returns.id AND state_to IS NOT NULL \
                 ORDER BY sequence DESC LIMIT 1);";
    let copy = tampered(&house, folder.path(), 1, clean).await;
    assert_eq!(audited(&copy, &[]).await.fault, None, "on its own it looks whole");
    let fault = audited(&copy, &[anchor]).await.fault.expect("is found");
    assert!(fault.how.contains("cut off") && fault.how.contains("a friend"), "{fault:?}");
    assert_eq!(fault.event, Some(11));
}

/// A key of somebody else signs as well as ours; only keys that were had before tell them apart.
#[tokio::test]
async fn evidence_that_was_signed_anew_is_found_with_the_keys_that_were_published() {
    let (house, _) = history().await;
    let published = house.service.receipt_keys().await.expect("are published");
    let file = DataFolder::ledger_file(house.folder());
    assert_eq!(audit(&file, &[], Some(&published)).await.expect("walks").fault, None);
    let stranger = homeward::domain::evidence::KeySet::default();
    let fault = audit(&file, &[], Some(&stranger)).await.expect("walks").fault.expect("is found");
    assert!(fault.how.contains("key"), "{fault:?}");
}
