//! What explained findings are called: with the ledger alone nobody finds the values that they rest on.

use super::service_support::{AUTHORITY, House, YEAR, sample, sample_in_the_name_of};
use homeward::domain::account::Role;
use homeward::domain::digest::Digest;
use homeward::domain::finding::Severity;
use homeward::flow::{FindingFilter, NewExplanation};
use homeward::store::{Explained, Ledger, Page};
use homeward::validate::difference::fingerprint;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

async fn ledger_file(house: &House) -> SqliteConnection {
    let file = SqliteConnectOptions::new().filename(house.folder().join("ledger.sqlite"));
    file.connect().await.expect("opens")
}

#[tokio::test]
async fn a_name_needs_the_secret_and_what_an_earlier_program_kept_is_named_at_a_start() {
    let house = House::new().await;
    // The same children sent by two authorities: queries of each.
    house.accept(AUTHORITY, &sample(YEAR, AUTHORITY, 1)).await;
    let submitter = house.account_of(Role::Submitter, "331").await;
    let sent = house.submit(&submitter, &sample_in_the_name_of(YEAR, "331")).await.expect("is received");
    let (id, queries) = (sent.record.id, FindingFilter { severity: Some(Severity::Query), ..FindingFilter::default() });
    let page = house.service.findings(&submitter, id, &queries, Page::ALL).await.expect("lists");
    let listed = page.findings.first().expect("has a query");
    let digest = fingerprint(house.service.specification(), &listed.finding);
    assert_ne!(listed.fingerprint, digest, "anybody can make the digest");
    let about = Explained::Finding(listed.fingerprint);
    let reason = NewExplanation { about: about.clone(), text: "It is so in our records.".to_owned() };
    house.service.explain(&submitter, id, vec![reason]).await.expect("is explained");
    let by_digest = NewExplanation { about: Explained::Finding(digest), text: "It is so.".to_owned() };
    house.service.explain(&submitter, id, vec![by_digest]).await.expect_err("no finding is called so");
    assert_eq!(house.files_with(digest.to_string().as_bytes()), Vec::<std::path::PathBuf>::new());

    // As an earlier program left it.
    let mut file = ledger_file(&house).await;
    let old = sqlx::query("UPDATE explanations SET finding = ?, named = 0 WHERE finding IS NOT NULL");
    old.bind(digest.to_string()).execute(&mut file).await.expect("is written");
    house.started_again().prepare().await.expect("starts");
    let kept = house.data.ledger.explanations(id).await.expect("reads");
    assert_eq!(kept.iter().map(|one| &one.about).collect::<Vec<_>>(), [&about]);
    let query = "SELECT finding FROM explanations WHERE finding IS NOT NULL";
    let kept: Vec<String> = sqlx::query_scalar(query).fetch_all(&mut file).await.expect("reads");
    assert!(kept.iter().all(|name| name.parse::<Digest>().is_ok_and(|name| name != digest)), "{kept:?}");
    // What has its name keeps it at every further start.
    house.started_again().prepare().await.expect("starts");
    let again: Vec<String> = sqlx::query_scalar(query).fetch_all(&mut file).await.expect("reads");
    assert_eq!(again, kept);
}
