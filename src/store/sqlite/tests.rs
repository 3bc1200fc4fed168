use super::*;
use crate::domain::account::{KeyKind, Role};
use crate::domain::digest::Digest;
use crate::store::account_records::{Confirmation, SecretForm};
use crate::store::observer::{NoObserver, TransactionEnd};
use std::sync::Mutex;

#[derive(Debug, Default)]
struct Remembered(Mutex<Vec<(&'static str, TransactionEnd)>>);

impl TransactionObserver for Remembered {
    fn ended(&self, name: &'static str, end: TransactionEnd, _took: Duration) {
        self.0.lock().expect("not poisoned").push((name, end));
    }
}

fn key() -> KeyRecord {
    let now = DateTime::UNIX_EPOCH;
    KeyRecord {
        id: KeyId::new(now),
        prefix: "hw_1".to_owned(),
        kind: KeyKind::Machine,
        secret: SecretDigest { form: SecretForm::Keyed, digest: Digest::of(b"secret") },
        organisation: Organisation::Department,
        person: None,
        roles: Role::Operator.into(),
        label: "a label".to_owned(),
        certificate: None,
        created: now,
        created_by: None,
        expires: None,
        replaced_by: None,
        overlap_ends: None,
        revoked: None,
        last_used: None,
        confirmation: Confirmation::NotNeeded,
    }
}

#[tokio::test]
async fn every_transaction_is_told_by_name_and_named_in_its_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let seen = Arc::new(Remembered::default());
    let observer: Arc<dyn TransactionObserver> = Arc::<Remembered>::clone(&seen);
    let ledger = SqliteLedger::open(&folder.path().join("ledger.sqlite"), observer).await.expect("opens");
    let key = key();
    ledger.add_key(&key).await.expect("adds");
    ledger.add_key(&key).await.expect_err("the secret is taken");
    let expected = [("add key", TransactionEnd::Committed), ("add key", TransactionEnd::RolledBack)];
    assert_eq!(*seen.0.lock().expect("not poisoned"), expected);
    let by: String = sqlx::query_scalar("SELECT updated_by FROM keys").fetch_one(&ledger.readers).await.expect("reads");
    assert_eq!(by, "add key");
}

#[tokio::test]
async fn the_file_is_opened_as_promised_and_keeps_what_it_was_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ledger.sqlite");
    let ledger = SqliteLedger::open(&file, Arc::new(NoObserver)).await.expect("opens");
    let pragma = async |name: &'static str| -> String {
        sqlx::query_scalar::<_, String>(name).fetch_one(&ledger.writer).await.expect("answers")
    };
    assert_eq!(pragma("SELECT journal_mode FROM pragma_journal_mode").await, "wal");
    assert_eq!(pragma("SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous").await, "2");
    assert_eq!(pragma("SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys").await, "1");
    ledger.add_key(&key()).await.expect("adds");
    ledger.close().await;
    let ledger = SqliteLedger::open(&file, Arc::new(NoObserver)).await.expect("opens again");
    assert_eq!(ledger.keys(&KeyFilter::default()).await.expect("lists").len(), 1);
}

#[tokio::test]
async fn a_later_schema_is_refused_in_plain_words_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ledger.sqlite");
    let ledger = SqliteLedger::open(&file, Arc::new(NoObserver)).await.expect("opens");
    sqlx::query("UPDATE _sqlx_migrations SET version = 99 WHERE version = 1")
        .execute(&ledger.writer)
        .await
        .expect("updates");
    ledger.close().await;
    let error = SqliteLedger::open(&file, Arc::new(NoObserver)).await.expect_err("is refused");
    assert!(matches!(error, StoreError::NewerSchema { found: 99, known } if known == schema::latest()));
    let error = StoreError::NewerSchema { found: 99, known: 1 };
    insta::assert_snapshot!(error, @"the ledger was written by a later version of this program (schema 99, this program knows up to 1); start the later version, or restore the backup that was made before it");
}

#[tokio::test]
async fn history_cannot_be_rewritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = SqliteLedger::open(&folder.path().join("l.sqlite"), Arc::new(NoObserver)).await.expect("opens");
    ledger.add_key(&key()).await.expect("adds");
    for statement in ["UPDATE events SET note = 'x'", "DELETE FROM events"] {
        sqlx::query(statement).execute(&ledger.writer).await.expect_err("events are only ever added");
    }
}

/// A release in this state, written past the program as somebody with the file could.
async fn release_row(ledger: &SqliteLedger, state: &str) {
    let by: String = sqlx::query_scalar("SELECT id FROM keys").fetch_one(&ledger.readers).await.expect("a key");
    let insert = "INSERT INTO releases (id, collection, manifest, files, built, built_by, state, updated_by) \
                  VALUES (?1, 'example-2026', '{}', '[]', 0, ?2, ?1, 'test')";
    sqlx::query(insert).bind(state).bind(by).execute(&ledger.writer).await.expect("inserts");
}

#[tokio::test]
async fn the_file_itself_keeps_releases_from_being_rewritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = SqliteLedger::open(&folder.path().join("l.sqlite"), Arc::new(NoObserver)).await.expect("opens");
    ledger.add_key(&key()).await.expect("adds");
    for state in ["draft", "published", "discarded"] {
        release_row(&ledger, state).await;
    }
    let refused = [
        ("UPDATE releases SET updated_by = 'x' WHERE id = 'published'", "a published release is never changed"),
        ("UPDATE releases SET updated_by = 'x' WHERE id = 'discarded'", "a discarded release is never changed"),
        ("UPDATE releases SET manifest = 'x' WHERE id = 'draft'", "what a release was built from is never changed"),
        ("UPDATE releases SET versions = '{}' WHERE id = 'draft'", "what a release was built from is never changed"),
        ("UPDATE releases SET state = 'published' WHERE id = 'draft'", "a release is published with approval only"),
        (
            "UPDATE releases SET state = 'approved', approved_by = built_by WHERE id = 'draft'",
            "a release is approved by another key than the one that built it",
        ),
        ("DELETE FROM releases WHERE id = 'draft'", "the line of a release is never removed"),
        ("DELETE FROM releases WHERE id = 'published'", "the line of a release is never removed"),
    ];
    for (statement, why) in refused {
        let error = sqlx::query(statement).execute(&ledger.writer).await.expect_err("is refused");
        assert!(error.to_string().contains(why), "{statement}: {error}");
    }
    let discard = "UPDATE releases SET state = 'discarded' WHERE id = 'draft'";
    sqlx::query(discard).execute(&ledger.writer).await.expect("a draft may be discarded");
}

#[tokio::test]
async fn releases_of_the_first_schema_find_their_family() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("l.sqlite");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.expect("opens");
    let (_, _, first) = &schema::MIGRATIONS[0];
    let (_, _, life) = schema::MIGRATIONS.iter().find(|(number, ..)| *number == 3).expect("is there");
    sqlx::raw_sql(*first).execute(&pool).await.expect("migrates");
    let insert = "INSERT INTO keys VALUES ('k', 'p', 's', 'collector', NULL, 'l', 0, NULL, NULL, NULL, 't');
                  INSERT INTO releases VALUES ('r', 'example-a-2026', '{}', '[]', 0, 'k', 'published', 1, 'k', 't')";
    sqlx::raw_sql(insert).execute(&pool).await.expect("inserts");
    sqlx::raw_sql(*life).execute(&pool).await.expect("migrates");
    let row = sqlx::query("SELECT family, kind, versions FROM releases").fetch_one(&pool).await.expect("reads");
    let read = ["family", "kind", "versions"].map(|column| rows::text(&row, column).expect("text"));
    assert_eq!(read, ["example-a", "provisional", "{}"]);
    sqlx::query("UPDATE releases SET updated_by = 'x'").execute(&pool).await.expect_err("is protected again");
}

#[tokio::test]
async fn keys_of_earlier_schemas_keep_their_one_role_and_find_their_organisation() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("l.sqlite");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true).foreign_keys(true);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.expect("opens");
    let migrate = async |from: i64, to: i64| {
        for (_, _, sql) in schema::MIGRATIONS.iter().filter(|(number, ..)| (from..=to).contains(number)) {
            sqlx::raw_sql(*sql).execute(&pool).await.expect("migrates");
        }
    };
    migrate(1, 3).await;
    let insert = "INSERT INTO keys VALUES ('k', 'p', 's', 'collector', NULL, 'l', 5, NULL, NULL, NULL, 't');
                  INSERT INTO keys VALUES ('j', 'p', 'z', 'signatory', '330', 'l', 7, NULL, NULL, NULL, 't')";
    sqlx::raw_sql(insert).execute(&pool).await.expect("inserts");
    migrate(4, 4).await;
    let rows = sqlx::query("SELECT kind, organisation, roles, secret_form FROM keys ORDER BY id DESC");
    let rows = rows.fetch_all(&pool).await.expect("reads");
    let columns = ["kind", "organisation", "roles", "secret_form"];
    let read = |row| columns.map(|column| rows::text(row, column).expect("text"));
    assert_eq!(read(&rows[0]), ["machine", "department", r#"["collector"]"#, "sha-256"]);
    assert_eq!(read(&rows[1]), ["machine", "330", r#"["signatory"]"#, "sha-256"]);
    let made: Vec<(String, i64)> =
        sqlx::query_as("SELECT id, made FROM organisations ORDER BY id").fetch_all(&pool).await.expect("reads");
    assert_eq!(made, [("330".to_owned(), 7), ("department".to_owned(), 5)]);
}

#[tokio::test]
async fn the_file_itself_keeps_keys_from_being_bent() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = SqliteLedger::open(&folder.path().join("l.sqlite"), Arc::new(NoObserver)).await.expect("opens");
    let key = key();
    ledger.add_key(&key).await.expect("adds");
    let refused = [
        ("UPDATE keys SET roles = '[\"collector\"]'", "what a key was made for is never changed"),
        ("UPDATE keys SET organisation = '330'", "what a key was made for is never changed"),
        (
            "INSERT INTO keys (id, prefix, secret, role, label, created, updated_by) VALUES ('x', 'x', 'x', 'x', 'x', 0, 'x')",
            "a key belongs to an organisation and has a role",
        ),
    ];
    for (statement, why) in refused {
        let error = sqlx::query(statement).execute(&ledger.writer).await.expect_err("is refused");
        assert!(error.to_string().contains(why), "{statement}: {error}");
    }
    ledger.revoke_key(key.id, DateTime::UNIX_EPOCH, None).await.expect("revokes");
    let back = sqlx::query("UPDATE keys SET revoked = NULL").execute(&ledger.writer).await.expect_err("is refused");
    assert!(back.to_string().contains("a revoked key is never used again"), "{back}");
}

#[tokio::test]
async fn the_file_itself_wants_a_second_person() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = SqliteLedger::open(&folder.path().join("l.sqlite"), Arc::new(NoObserver)).await.expect("opens");
    let maker = key();
    ledger.add_key(&maker).await.expect("adds");
    let secret = SecretDigest { form: SecretForm::Keyed, digest: Digest::of(b"waits") };
    let confirmation = Confirmation::Awaited { replaces: None };
    let waits =
        KeyRecord { id: KeyId::new(DateTime::UNIX_EPOCH), secret, created_by: Some(maker.id), confirmation, ..key() };
    ledger.add_key(&waits).await.expect("adds");
    let (maker, id) = (maker.id, waits.id);
    let person = "INSERT INTO people (id, organisation, name, roles, created, updated_by, waiting_roles, asked, asked_by) \
                  VALUES ('p', 'department', 'n', '[]', 0, 'x', '[\"operator\"]', 0, json_array(?))";
    sqlx::query(person).bind(maker.to_string()).execute(&ledger.writer).await.expect("inserts");
    let refused = [
        (
            format!(
                "UPDATE keys SET confirmation = 'given', confirmed = 1, confirmed_by = '{maker}' WHERE id = '{id}'"
            ),
            "another",
        ),
        (
            format!("UPDATE keys SET confirmation = 'given', confirmed = 1, confirmed_by = id WHERE id = '{id}'"),
            "another",
        ),
        (format!("UPDATE keys SET confirmation = 'not needed' WHERE id = '{id}'"), "is confirmed once"),
        (format!("UPDATE keys SET confirmation = 'given', confirmed = 1 WHERE id = '{maker}'"), "is confirmed once"),
        (format!("UPDATE keys SET last_used = 1 WHERE id = '{id}'"), "is not used"),
        (format!("UPDATE people SET confirmed = 1, confirmed_by = '{maker}'"), "confirmed by another person"),
        ("UPDATE keys SET label = 'other'".to_owned(), "what a key was made for is never changed"),
    ];
    for (statement, why) in refused {
        let error =
            sqlx::query(sqlx::AssertSqlSafe(statement.clone())).execute(&ledger.writer).await.expect_err("is refused");
        assert!(error.to_string().contains(why), "{statement}: {error}");
    }
    let erased = "UPDATE people SET erased = 1, name = '', disabled = 1";
    sqlx::query(erased).execute(&ledger.writer).await.expect("is deleted");
    let back = sqlx::query("UPDATE people SET disabled = NULL").execute(&ledger.writer).await.expect_err("is refused");
    assert!(back.to_string().contains("not entered again"), "{back}");
}

#[tokio::test]
async fn deletions_of_the_schema_before_are_kept_as_they_were() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("l.sqlite");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true).foreign_keys(true);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.expect("opens");
    for (_, _, sql) in schema::MIGRATIONS.iter().filter(|(number, ..)| *number <= 7) {
        sqlx::raw_sql(*sql).execute(&pool).await.expect("migrates");
    }
    let insert = "INSERT INTO organisations VALUES ('330', 0, 't');
        INSERT INTO keys (id, prefix, secret, role, roles, organisation, label, created, updated_by)
          VALUES ('k', 'p', 's', 'submitter', '[\"submitter\"]', '330', 'l', 0, 't');
        INSERT INTO returns (id, authority, digest, bytes, uploaded_by, received, received_under, state, updated_by)
          VALUES ('r', '330', 'd', 1, 'k', 0, 's', 'checked', 't');
        INSERT INTO events (sequence, at, what, subject, subject_id) VALUES (1, 0, 'plan deletions', 'return', 'r');
        INSERT INTO deletions (sequence, certificate, cause, name, return_id, authority, bytes, planned, updated_by)
          VALUES (7, 'c', '{}', 'originals/r', 'r', '330', 5, 1, 't')";
    sqlx::raw_sql(insert).execute(&pool).await.expect("inserts");
    let (_, _, sql) = schema::MIGRATIONS.iter().find(|(number, ..)| *number == 8).expect("is there");
    sqlx::raw_sql(*sql).execute(&pool).await.expect("migrates");
    let kept: (i64, String, String, Option<String>) =
        sqlx::query_as("SELECT sequence, name, return_id, person FROM deletions")
            .fetch_one(&pool)
            .await
            .expect("reads");
    assert_eq!(kept, (7, "originals/r".to_owned(), "r".to_owned(), None));
    let key: String = sqlx::query_scalar("SELECT confirmation FROM keys").fetch_one(&pool).await.expect("reads");
    assert_eq!(key, "not needed", "what was in use stays so");
    for statement in ["DELETE FROM deletions", "UPDATE deletions SET name = 'other'"] {
        sqlx::query(statement).execute(&pool).await.expect_err("deletions are never rewritten");
    }
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_not_a_loss() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = SqliteLedger::open(&folder.path().join("l.sqlite"), Arc::new(NoObserver)).await.expect("opens");
    ledger.add_key(&key()).await.expect("adds");
    // SQLite's own cap on pages answers as a full disk does.
    sqlx::query("PRAGMA max_page_count = 1").execute(&ledger.writer).await.expect("caps");
    let long = KeyRecord {
        secret: SecretDigest { form: SecretForm::Keyed, digest: Digest::of(b"2") },
        id: KeyId::new(DateTime::UNIX_EPOCH),
        label: "x".repeat(90_000),
        ..key()
    };
    assert!(matches!(ledger.add_key(&long).await, Err(StoreError::NoSpace)));
    assert_eq!(ledger.keys(&KeyFilter::default()).await.expect("lists").len(), 1);
}

#[test]
fn every_column_says_what_it_is_and_whether_it_changes() {
    let mut columns = 0;
    let lines = schema::MIGRATIONS.iter().flat_map(|(_, _, sql)| sql.lines());
    let of_a_table = |line: &&str| line.starts_with("    ") || line.contains(" ADD COLUMN ");
    for line in lines.filter(of_a_table) {
        columns += 1;
        assert!(line.contains("-- immutable: ") || line.contains("-- mutable"), "{line}");
    }
    assert!(columns > 50, "only {columns} columns were looked at");
}

/// Writes down that migrations were made, as the migrator does, where a test made them by hand.
pub(super) async fn remember_migrations(file: &Path, upto: i64) {
    let options = SqliteConnectOptions::new().filename(file);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.expect("opens");
    let table = "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, \
                 installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, \
                 checksum BLOB NOT NULL, execution_time BIGINT NOT NULL)";
    sqlx::raw_sql(table).execute(&pool).await.expect("makes the table");
    for migration in schema::migrations().into_iter().filter(|one| one.version <= upto) {
        sqlx::query("INSERT INTO _sqlx_migrations VALUES (?, ?, 0, TRUE, ?, 0)")
            .bind(migration.version)
            .bind(migration.description.as_ref())
            .bind(migration.checksum.as_ref())
            .execute(&pool)
            .await
            .expect("remembers");
    }
    pool.close().await;
}
