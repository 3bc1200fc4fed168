//! A collection is closed and reopened over HTTP while a return is on its way.

use super::{Actor, Running, homeward, small_return};
use serde_json::json;

const YEAR: &str = "/v1/collections/reunification-2026";

#[tokio::test]
async fn a_closed_collection_says_so_to_everybody_whom_it_concerns() {
    let service = Running::start(&[]);
    let (submitter, signatory) = (service.acting("submitter", Some("330")), service.acting("signatory", Some("330")));
    let collector = service.acting("collector", None);
    let reason = json!({ "reason": "The release is being made." });
    assert_eq!(submitter.post(&format!("{YEAR}/close"), &reason).await.status, 403);
    let closed = collector.post(&format!("{YEAR}/close"), &reason).await;
    assert_eq!((closed.status, &closed.json()["state"]), (200, &json!("closed")));
    let again = collector.post(&format!("{YEAR}/close"), &reason).await;
    assert_eq!((again.status, again.json()["code"].as_str()), (409, Some("collection-wrong-state")));
    assert!(again.json()["detail"].as_str().is_some_and(|text| text.contains("reopen, open")), "{}", again.json());

    let sent = submitter.upload(small_return("330"), "first").await;
    assert_eq!((sent.status, &sent.json()["return"]["state"]), (201, &json!("checked")));
    let since = sent.json()["closed"]["since"].as_str().expect("it is told since when").to_owned();
    assert_eq!(sent.header("homeward-collection-closed"), since);
    let path = sent.header("location").to_owned();
    let open = submitter.get(&format!("{path}/findings?severity=query&page=1")).await.json();
    for finding in open["findings"].as_array().expect("findings") {
        let body = json!({ "explanations": [{ "fingerprint": finding["fingerprint"], "text": "It is so." }] });
        let explained = Actor::send(submitter.request("PUT", &format!("{path}/explanations")).json(&body)).await;
        assert_eq!(explained.status, 200);
    }
    let refused = signatory.post(&format!("{path}/sign"), &json!({})).await;
    assert_eq!((refused.status, refused.json()["code"].as_str()), (409, Some("collection-closed")));
    assert!(refused.json()["detail"].as_str().is_some_and(|text| text.contains("collection team")));

    let until = json!({ "reason": "A correction.", "authority": "E08000025", "until": "2099-12-31" });
    let reopened = collector.post(&format!("{YEAR}/reopen"), &until).await;
    assert_eq!((reopened.status, &reopened.json()["exceptions"][0]["authority"]), (200, &json!("330")));
    let other = service.acting("submitter", Some("331")).get(YEAR).await;
    assert_eq!((other.status, &other.json()["exceptions"]), (200, &json!([])), "what is another's is not told");
    assert_eq!(signatory.post(&format!("{path}/sign"), &json!({})).await.json()["state"], "signed");
    let twice = signatory.post(&format!("{path}/sign"), &json!({})).await;
    let told = json!({ "found": "signed", "possible": ["accept", "withdraw", "send-back"] });
    assert_eq!((twice.status, &twice.json()["errors"][0]["detail"]), (409, &told));
    let future = collector.get(&format!("{YEAR}?as_of=2999-01-01T00:00:00Z")).await;
    assert_eq!((future.status, future.json()["code"].as_str()), (400, Some("request-invalid")));

    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("homeward.toml");
    std::fs::write(&config, format!("[service]\ndata_folder = {:?}\n", service.data)).expect("written");
    let config = config.to_str().expect("a path");
    let shown = homeward(&["--config", config, "admin", "collection", "show", "reunification-2026"]);
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(text.contains("reunification-2026 is closed since") && text.contains("reopen for 330"), "{text}");
    assert!(text.contains("Missing: ") && text.contains("Wolverhampton") && !text.contains("Birmingham;"), "{text}");
}
