//! A return's way through the API, from the first byte to coverage.

use super::{Actor, Running, homeward, small_return};
use serde_json::json;

#[tokio::test]
async fn a_return_is_sent_signed_accepted_and_counted() {
    let service = Running::start(&[]);
    let submitter = service.acting("submitter", Some("330"));
    let signatory = service.acting("signatory", Some("330"));
    let collector = service.acting("collector", None);

    let sent = submitter.upload(small_return("330"), "first").await;
    assert_eq!(sent.status, 201, "{}", String::from_utf8_lossy(&sent.body));
    let view = sent.json()["return"].clone();
    assert_eq!((view["state"].as_str(), view["version"].as_u64()), (Some("checked"), Some(1)));
    let path = sent.header("location").to_owned();
    assert_eq!(path, format!("/v1/returns/{}", view["id"].as_str().expect("an id")));

    let again = submitter.upload(small_return("330"), "first").await;
    assert_eq!((again.status, again.json()["return"]["id"].clone()), (200, view["id"].clone()), "one return");
    let other = submitter.upload(small_return("331"), "first").await;
    assert_eq!((other.status, other.json()["code"].as_str()), (409, Some("idempotency-conflict")));

    assert_eq!(submitter.post(&format!("{path}/sign"), &json!({})).await.status, 403, "who sends does not sign");
    let early = collector.post(&format!("{path}/accept"), &json!({})).await;
    assert_eq!((early.status, early.json()["code"].as_str()), (409, Some("wrong-state")));

    let open = submitter.get(&format!("{path}/findings?severity=query&page=1")).await.json();
    for finding in open["findings"].as_array().expect("findings") {
        let body = json!({ "explanations": [{ "fingerprint": finding["fingerprint"], "text": "It is so." }] });
        let explained = Actor::send(submitter.request("PUT", &format!("{path}/explanations")).json(&body)).await;
        assert_eq!(explained.status, 200, "{}", String::from_utf8_lossy(&explained.body));
    }
    assert_eq!(signatory.post(&format!("{path}/sign"), &json!({})).await.json()["state"], "signed");
    assert_eq!(collector.post(&format!("{path}/accept"), &json!({})).await.json()["state"], "accepted");

    let coverage = collector.get("/v1/collections/reunification-2026/coverage").await.json();
    assert_eq!(coverage["england"]["accepted"], 1);
    assert_eq!(coverage["england"]["expected"], 153);
    let asked = collector.request("GET", "/v1/collections/reunification-2026/coverage").header("accept", "text/csv");
    let lines = String::from_utf8(Actor::send(asked).await.body).expect("UTF-8");
    assert!(lines.starts_with("code,gss_code,name,region,standing,"), "{lines}");
    assert_eq!((lines.lines().count(), lines.matches(",accepted,").count()), (154, 1), "{lines}");
    let codes = submitter.get("/v1/collections/reunification-2026/specification/codes.csv").await;
    assert!(String::from_utf8(codes.body).expect("UTF-8").contains("\nethnic,WBRI,White British,"));
    let history = submitter.get(&format!("{path}/history")).await.json();
    let states: Vec<&str> =
        history.as_array().expect("a list").iter().filter_map(|event| event["to"].as_str()).collect();
    assert_eq!(states, ["received", "checked", "signed", "accepted"]);
    let metrics =
        reqwest::get(format!("{}/metrics", service.admin)).await.expect("metrics").text().await.expect("text");
    assert!(metrics.contains("homeward_returns_by_state{state=\"accepted\"} 1"), "{metrics}");
}

#[tokio::test]
async fn the_command_line_and_the_api_write_the_same_bytes() {
    let service = Running::start(&[]);
    let submitter = service.acting("submitter", Some("330"));
    let folder = tempfile::tempdir().expect("a folder");
    // Refused, so that neither side has other returns to compare with: then nothing at all may differ.
    let file = folder.path().join("children.csv");
    let text = "CHILD,SEX,BIRTH_MONTH,COLOUR\nKestrel01,M,2014-06-03,red\n\n12345678,X,2015-01,\"a\nb\"\n";
    std::fs::write(&file, text).expect("written");
    for (format, media_type) in [
        ("json", "application/json"),
        ("csv", "text/csv"),
        ("html", "text/html"),
        ("text", "text/plain"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ] {
        let local = homeward(&["check", file.to_str().expect("a path"), "--format", format]);
        assert_eq!(local.status.code(), Some(2), "{}", String::from_utf8_lossy(&local.stderr));
        let request = submitter
            .request("POST", "/v1/checks")
            .header("Accept", media_type)
            .header("Content-Disposition", "attachment; filename=\"children.csv\"");
        let remote = Actor::send(request.body(text)).await;
        assert_eq!((remote.status, remote.header("content-type").starts_with(media_type)), (200, true));
        assert!(local.stdout == remote.body, "the two reports differ in the form {format}");
    }
    assert!(!service.holds(b"Kestrel01"), "a check keeps nothing");
    assert_eq!(submitter.get("/v1/returns").await.json()["returns"], json!([]));
}

#[tokio::test]
async fn submit_prints_what_check_prints_and_exits_like_it() {
    let service = Running::start(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("key");
    std::fs::write(&key, service.key("submitter", Some("330"))).expect("written");
    let good = folder.path().join("return.zip");
    std::fs::write(&good, small_return("330")).expect("written");
    let broken = folder.path().join("broken.zip");
    std::fs::write(&broken, &small_return("330")[..500]).expect("written");
    for (file, state, code) in [(&good, "checked", 0), (&broken, "rejected", 2)] {
        let sent = homeward(&[
            "submit",
            file.to_str().expect("a path"),
            "--service",
            &service.api,
            "--key-file",
            key.to_str().expect("a path"),
        ]);
        let text = String::from_utf8_lossy(&sent.stdout).into_owned();
        assert_eq!(sent.status.code(), Some(code), "{text}{}", String::from_utf8_lossy(&sent.stderr));
        assert!(text.contains(&format!(" is {state}.")), "{text}");
    }
    let unknown = homeward(&[
        "submit",
        good.to_str().expect("a path"),
        "--service",
        "http://127.0.0.1:1",
        "--key-file",
        key.to_str().expect("a path"),
    ]);
    assert_eq!(unknown.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("cannot be reached"));
}
