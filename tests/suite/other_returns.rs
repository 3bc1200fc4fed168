//! Rules that compare a return with the authority's last one and with other authorities' accepted returns.

use super::service_support::{AUTHORITY, House, YEAR, sample, sample_in_other_bytes, sample_in_the_name_of};
use homeward::domain::account::Role;
use homeward::domain::report::Report;
use homeward::flow::CheckOnly;
use homeward::store::{Archive, ObjectName};

const YEAR_BEFORE: &str = "reunification-2025";

fn not_checked<'r>(report: &'r Report, group: &str) -> Vec<&'r str> {
    report.not_checked.iter().map(|rule| rule.code.as_str()).filter(|code| code.starts_with(group)).collect()
}

fn count(report: &Report, code: &str) -> u64 {
    report.counts.by_code.get(code).copied().unwrap_or(0)
}

#[tokio::test]
async fn the_last_accepted_return_is_compared_with() {
    let house = House::new().await;
    let submitter = house.account(Role::Submitter).await;
    let first = house.submit(&submitter, &sample(YEAR, AUTHORITY, 1)).await.expect("is received");
    let report = first.report.expect("a report");
    assert!(!not_checked(&report, "L").is_empty(), "there is no last return to compare with");
    house.service.withdraw(&submitter, first.record.id, None).await.expect("is withdrawn");

    house.clock.advance(chrono::Duration::days(-365));
    house.accept(AUTHORITY, &sample(YEAR_BEFORE, AUTHORITY, 1)).await;
    house.clock.advance(chrono::Duration::days(365));
    let again = house.submit(&submitter, &sample(YEAR, AUTHORITY, 1)).await.expect("is received");
    assert_eq!(not_checked(&again.report.expect("a report"), "L"), Vec::<&str>::new());
}

#[tokio::test]
async fn other_authorities_are_compared_with_and_never_the_own_earlier_version() {
    let house = House::new().await;
    house.accept(AUTHORITY, &sample(YEAR, AUTHORITY, 1)).await;
    let neighbour = house.account_of(Role::Submitter, "331").await;
    let sent = house.submit(&neighbour, &sample_in_the_name_of(YEAR, "331")).await.expect("is received");
    let report = sent.report.expect("a report");
    assert_eq!(not_checked(&report, "N"), Vec::<&str>::new());
    assert!(count(&report, "N903") > 0, "the same children's episodes overlap: {:?}", report.counts.by_code);

    // The same children once more, from the authority whose accepted return they are in.
    let own = house.account(Role::Submitter).await;
    let sent = house.submit(&own, &sample_in_other_bytes(YEAR, AUTHORITY, 1)).await.expect("is received");
    assert!(!sent.replayed);
    assert_eq!(count(&sent.report.expect("a report"), "N903"), 0);
}

/// Who knows the linkage keys of children could otherwise learn by trial where they came into care, without a trace.
#[tokio::test]
async fn a_check_that_keeps_nothing_tells_nothing_of_others() {
    let house = House::new().await;
    house.accept(AUTHORITY, &sample(YEAR, AUTHORITY, 1)).await;
    let neighbour = house.account_of(Role::Submitter, "331").await;
    let upload = house.upload(&sample_in_the_name_of(YEAR, "331")).await;
    let report = house.service.check(&neighbour, CheckOnly { upload, file_name: None }).await.expect("is checked");
    assert_eq!(report.counts.by_code.keys().filter(|code| code.starts_with('N')).count(), 0, "{:?}", report.counts);
    assert!(["N901", "N902", "N903"].iter().all(|code| not_checked(&report, "N").contains(code)), "{report:?}");
    let told = report.not_checked.iter().find(|rule| rule.code == "N901").expect("is told");
    assert!(told.because.contains("keeps nothing") && !told.blocks, "{}", told.because);
}

#[tokio::test]
async fn a_profile_looks_at_others_for_a_version_that_is_accepted_alone() {
    let house = House::new().await;
    let other = house.accept("331", &sample(YEAR, "331", 1)).await;
    let (submitter, collector) = (house.account(Role::Submitter).await, house.account(Role::Collector).await);
    let sent = house.submit(&submitter, &sample(YEAR, AUTHORITY, 1)).await.expect("is received");
    house.explain_all(&submitter, &sent).await;
    // Whatever reads the tables of the other fails from here on.
    for table in &house.service.specification().linkage {
        let name = ObjectName::table(other.record.id, table).expect("a name");
        house.data.archive.delete(&name).await.expect("is deleted");
        house.data.archive.put(&name, bytes::Bytes::from_static(b"no table")).await.expect("is put");
    }
    house.service.profile(&submitter, YEAR).await.expect("others are not looked at");
    let signatory = house.account(Role::Signatory).await;
    house.service.sign(&signatory, sent.record.id, None).await.expect("is signed");
    assert!(house.service.profile(&submitter, YEAR).await.is_ok(), "signed is not accepted");
    house.service.accept(&collector, sent.record.id, None).await.expect("is accepted");
    assert!(house.service.profile(&submitter, YEAR).await.is_err(), "now they are");
}
