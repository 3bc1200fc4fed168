//! Rules that compare a return with the authority's last one and with other authorities' accepted returns.

use super::service_support::{AUTHORITY, House, YEAR, sample, sample_in_the_name_of};
use homeward::domain::account::Role;
use homeward::domain::report::Report;

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
    let other_bytes = {
        let mut bytes = sample(YEAR, AUTHORITY, 1);
        // A comment at the end of a ZIP changes its bytes and nothing in it.
        let end = bytes.len();
        bytes[end - 2..].copy_from_slice(&1_u16.to_le_bytes());
        bytes.push(b'x');
        bytes
    };
    let sent = house.submit(&own, &other_bytes).await.expect("is received");
    assert!(!sent.replayed);
    assert_eq!(count(&sent.report.expect("a report"), "N903"), 0);
}
