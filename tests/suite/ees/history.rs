//! A pinned version never changes, whatever is published after it, and `asOf` answers what stood then.

use super::{AUTHORITIES, Answer, Published, YEAR, sample};
use homeward::flow::NewRelease;
use serde_json::Value;

const READS: [&str; 3] = ["query?pageSize=10000&", "csv?", "meta?"];

async fn reads(service: &Published, path: &str, parameter: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for read in READS {
        let answer = service.get(&format!("{path}/{read}{parameter}")).await;
        assert_eq!(answer.status, 200, "{path}/{read}{parameter}: {}", answer.text());
        answers.push(answer);
    }
    answers
}

fn bodies(answers: &[Answer]) -> Vec<&[u8]> {
    answers.iter().map(|answer| answer.body.as_slice()).collect()
}

#[tokio::test]
async fn a_revision_is_a_new_version_and_the_old_one_stays() {
    let service = Published::new().await;
    let paths = service.data_sets().await;
    let mut before = Vec::new();
    for path in &paths {
        before.push(reads(&service, path, "dataSetVersion=1.0").await);
    }
    let then = service.house.service.now().to_rfc3339().replace('+', "%2B");

    service.house.clock.advance(chrono::Duration::hours(1));
    service.house.accept(AUTHORITIES[0], &sample(YEAR, AUTHORITIES[0], 2)).await;
    let revision = NewRelease { reason: Some("An authority corrected its return.".to_owned()), ..NewRelease::of(YEAR) };
    service.draft(revision.clone()).await;
    for path in &paths {
        let versions = service.get(&format!("{path}/versions")).await.json();
        assert_eq!(versions["paging"]["totalResults"], 1, "a draft is not here");
    }
    service.release(revision).await;

    let mut changed = 0;
    for (path, old) in paths.iter().zip(&before) {
        let versions = service.get(&format!("{path}/versions")).await.json();
        let newest = &versions["results"][0];
        let number = newest["version"].as_str().expect("a version");
        let pinned = reads(&service, path, "dataSetVersion=1.0").await;
        assert!(bodies(&pinned) == bodies(old), "{path}: a pinned version never changes");
        let stood = reads(&service, path, &format!("asOf={then}")).await;
        assert!(bodies(&stood) == bodies(old), "{path}: what stood then");
        assert!(stood[0].header("cache-control").ends_with("immutable"));
        let named = reads(&service, path, &format!("dataSetVersion={number}")).await;
        let latest = reads(&service, path, "").await;
        assert!(bodies(&latest) == bodies(&named), "{path}: the newest is what is answered");
        let changes = service.get(&format!("{path}/versions/{number}/changes")).await.json();
        assert_eq!(changes["versionNumber"], number);
        let figures = |answers: &[Answer]| answers[0].json()["results"].clone();
        let count = changes["valueChanges"]["changed"].as_u64().expect("a number");
        assert_eq!(figures(old) != figures(&latest), count > 0, "{path}: {changes}");
        if count > 0 {
            changed += 1;
            assert_eq!(newest["notes"], "An authority corrected its return.");
            assert_eq!((newest["type"].as_str(), number), (Some("Minor"), "1.1"));
        }
        let ids = |answers: &[Answer]| -> Value { answers[2].json()["filters"].clone() };
        assert_eq!(ids(old), ids(&latest), "identifiers stay");
    }
    assert!(changed > 0, "the revision changed a figure of some data set");
}
