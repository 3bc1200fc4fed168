//! Killed, stopped, started again: nothing acknowledged is lost and nothing stays in between.

use super::{Actor, Running, small_return};
use std::time::Duration;

#[tokio::test]
async fn kill_9_loses_nothing_that_was_acknowledged() {
    let mut service = Running::start(&[("HOMEWARD_RATES_UPLOADS_PER_MINUTE", "1000")]);
    let key = service.key("submitter", Some("330"));
    let good = small_return("330");
    let mut acknowledged = Vec::new();
    for round in 0..6_u64 {
        let actor = Actor { base: service.api.clone(), key: key.clone(), http: super::reqwest_client() };
        // A different file each time: a comment at the end of a ZIP changes its bytes and not its content.
        let uploads: Vec<_> = (0..3)
            .map(|number| {
                let (actor, bytes) = (actor.clone(), with_comment(&good, &format!("{round}-{number}")));
                tokio::spawn(async move {
                    let key = format!("key-{round}-{number}");
                    let request = actor.request("POST", "/v1/returns").header("Idempotency-Key", key).body(bytes);
                    let response = request.send().await.ok()?;
                    let status = response.status().as_u16();
                    let location = response.headers().get("location")?.to_str().ok()?.to_owned();
                    (status == 201).then_some(location)
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(150 + 260 * round)).await;
        service = service.kill_and_restart();
        for upload in uploads {
            acknowledged.extend(upload.await.expect("a task"));
        }
    }
    let actor = Actor { base: service.api.clone(), key, http: super::reqwest_client() };
    for path in &acknowledged {
        let found = actor.get(path).await;
        assert_eq!(found.status, 200, "{path} was acknowledged and is gone");
        assert_eq!(found.json()["state"], "checked");
    }
    // An attempt that was killed is followed by a pause, and the service promises a minute.
    let is_undecided = async || {
        let all = actor.get("/v1/returns?page_size=1000").await.json();
        all["returns"].as_array().expect("a list").iter().any(|one| one["state"] != "checked")
    };
    for _ in 0..120 {
        if !is_undecided().await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert!(!is_undecided().await, "no return is left undecided after a restart");
    let spool = std::fs::read_dir(service.data.join("spool")).expect("the spool").count();
    assert_eq!(spool, 0, "the spool is empty after a restart");
}

#[tokio::test]
async fn a_stop_ends_requests_and_then_the_process() {
    let mut service = Running::start(&[]);
    let submitter = service.acting("submitter", Some("330"));
    let upload = small_return("330");
    let under_way = tokio::spawn(async move { submitter.upload(upload, "last").await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let pid = service.child.id().to_string();
    let told = std::process::Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
    assert!(told.success());
    assert_eq!(under_way.await.expect("a task").status, 201, "a request under way is answered");
    let ended = tokio::task::spawn_blocking(move || {
        for _ in 0..300 {
            if let Some(status) = service.child.try_wait().expect("asks") {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        false
    });
    assert!(ended.await.expect("a task"), "the process leaves by itself, without an error");
}

/// The ZIP with a comment in its end record.
fn with_comment(zip: &[u8], comment: &str) -> Vec<u8> {
    let mut bytes = zip[..zip.len() - 2].to_vec();
    bytes.extend(u16::try_from(comment.len()).expect("short").to_le_bytes());
    bytes.extend(comment.as_bytes());
    bytes
}
