//! What the service refuses, and what it never tells.

use super::{Actor, Answer, Running, contains, small_return};
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::time::Duration;

/// A postcode that stands nowhere else, so that it can be looked for.
const CANARY: &str = "ZE2 9LT";

/// A return of one CSV file with the canary in a cell.
fn identifying() -> Vec<u8> {
    format!("CHILD,SEX,BIRTH_MONTH,ETHNIC,DISABILITY,UASC\nKestrel01,M,2014-06,WBRI,{CANARY},0\n").into_bytes()
}

#[tokio::test]
async fn a_refused_upload_leaves_a_receipt_and_no_content() {
    let service = Running::start(&[("HOMEWARD_LOG_FILTER", "trace")]);
    let submitter = service.acting("submitter", Some("330"));
    let refused = submitter.upload(identifying(), "canary").await;
    let answer = refused.json();
    assert_eq!((refused.status, answer["return"]["state"].as_str()), (201, Some("rejected")));
    let codes = answer["return"]["receipt"]["codes"].as_array().expect("codes").clone();
    assert!(codes.contains(&json!("P02")), "{codes:?}");
    assert!(!contains(&refused.body, CANARY.as_bytes()), "the answer repeats what must not be");
    assert!(!service.holds(CANARY.as_bytes()), "the data folder holds content of a refused upload");
    assert!(!service.holds(b"Kestrel01"), "the data folder holds content of a refused upload");
    assert!(!service.log().contains(CANARY) && !service.log().contains("Kestrel01"), "the log holds content");
    let metrics =
        reqwest::get(format!("{}/metrics", service.admin)).await.expect("metrics").text().await.expect("text");
    assert!(!metrics.contains(CANARY) && metrics.contains("homeward_findings_total{code=\"P02\"}"));
    let path = refused.header("location").to_owned();
    assert_eq!(submitter.get(&path).await.json()["state"], "rejected");
    assert_eq!(submitter.get(&format!("{path}/findings")).await.status, 409, "the report was not kept");
}

#[tokio::test]
async fn a_return_that_names_no_collection_is_refused_and_not_kept_undecided() {
    let service = Running::start(&[]);
    let submitter = service.acting("submitter", Some("330"));
    let mut tables = crate::check_support::sample("reunification-2026");
    crate::check_support::set(&mut tables, "header", 2, "COLLECTION", "");
    let file = super::resubmits::packed(&tables);
    for key in ["first", "again"] {
        let refused = submitter.upload(file.clone(), key).await;
        let answer = refused.json();
        assert_eq!((refused.status, answer["return"]["state"].as_str()), (201, Some("rejected")), "{answer}");
        assert_eq!(answer["return"]["receipt"]["codes"], json!(["F19"]));
    }
    let listed = submitter.get("/v1/returns?state=received").await.json();
    assert_eq!(listed["returns"].as_array().map(Vec::len), Some(0), "{listed}");
    assert!(!service.holds(b"children.csv"), "the data folder holds content of a refused upload");
}

/// A problem without the path that the client itself asked for.
fn without_path(answer: &Answer) -> serde_json::Value {
    let mut problem = answer.json();
    problem.as_object_mut().expect("an object").remove("instance");
    problem
}

#[tokio::test]
async fn what_is_anothers_cannot_be_told_from_what_is_not_there() {
    let service = Running::start(&[]);
    let (own, other) = (service.acting("submitter", Some("330")), service.acting("submitter", Some("331")));
    let sent = own.upload(small_return("330"), "own").await;
    let path = sent.header("location").to_owned();
    let absent = "/v1/returns/0190a0a0-0000-7000-8000-000000000000";
    for suffix in ["", "/findings", "/findings?page=1", "/history", "/explanations", "/changes", "/receipt"] {
        let (hidden, nothing) =
            (other.get(&format!("{path}{suffix}")).await, other.get(&format!("{absent}{suffix}")).await);
        assert_eq!((hidden.status, without_path(&hidden)), (404, without_path(&nothing)), "{suffix}");
    }
    for action in ["withdraw"] {
        let hidden = other.post(&format!("{path}/{action}"), &json!({})).await;
        let nothing = other.post(&format!("{absent}/{action}"), &json!({})).await;
        assert_eq!((hidden.status, without_path(&hidden)), (404, without_path(&nothing)), "{action}");
    }
    let body = json!({ "explanations": [{ "code": "Q101", "text": "It is so." }] });
    let put = async |path: &str| Actor::send(other.request("PUT", &format!("{path}/explanations")).json(&body)).await;
    let (hidden, nothing) = (put(&path).await, put(absent).await);
    assert_eq!((hidden.status, without_path(&hidden)), (404, without_path(&nothing)), "explaining");
    let director = service.acting("signatory", Some("331"));
    for action in ["sign", "withdraw"] {
        let hidden = director.post(&format!("{path}/{action}"), &json!({})).await;
        let nothing = director.post(&format!("{absent}/{action}"), &json!({})).await;
        assert_eq!((hidden.status, without_path(&hidden)), (404, without_path(&nothing)), "{action}");
    }
    assert_eq!(other.get("/v1/returns").await.json()["returns"], json!([]));
    // A version of one's own is compared with neither.
    let mine = other.upload(small_return("331"), "mine").await.header("location").to_owned();
    let since = async |path: &str| {
        let id = path.rsplit('/').next().expect("an id");
        other.get(&format!("{mine}/changes?since={id}")).await
    };
    let (hidden, nothing) = (since(&path).await, since(absent).await);
    assert_eq!((hidden.status, without_path(&hidden)), (404, without_path(&nothing)), "since");
    let theirs = other.upload(small_return("330"), "theirs").await;
    assert_eq!(theirs.json()["return"]["state"], "rejected", "an authority sends its own return only");
}

#[tokio::test]
async fn every_error_is_a_problem_that_explains_itself() {
    let service = Running::start(&[]);
    let submitter = service.acting("submitter", Some("330"));
    let stranger = Actor { key: "hw_nothing".to_owned(), ..submitter.clone() };
    let sent = submitter.upload(small_return("330"), "own").await;
    let path = sent.header("location").to_owned();
    let bad_json = submitter.request("PUT", &format!("{path}/explanations")).body("{\"explanations\":");
    let odd_json = submitter.request("PUT", &format!("{path}/explanations")).body("{\"explanations\":[{\"text\":1}]}");
    let no_key = submitter.http.get(format!("{}/v1/returns", service.api));
    let too_large = submitter.request("POST", "/v1/returns").body(vec![b'a'; 70_000_000]);
    let answers = [
        (Actor::send(no_key).await, 401, "key-missing"),
        (stranger.get("/v1/returns").await, 401, "key-invalid"),
        (submitter.get("/v1/nothing").await, 404, "not-found"),
        (submitter.get("/v1/returns/not-an-id").await, 404, "not-found"),
        (submitter.get("/v1/returns?state=lost").await, 400, "request-invalid"),
        (submitter.get("/v1/returns?page=0").await, 400, "request-invalid"),
        (submitter.get("/v1/returns?colour=red").await, 400, "request-invalid"),
        (submitter.get("/v1/collections/reunification-2026/coverage").await, 403, "not-allowed"),
        (Actor::send(submitter.request("DELETE", "/v1/returns")).await, 405, "method-not-allowed"),
        (Actor::send(bad_json).await, 400, "request-invalid"),
        (Actor::send(odd_json).await, 400, "request-invalid"),
        (
            Actor::send(submitter.request("POST", "/v1/checks").header("Accept", "image/png")).await,
            406,
            "not-acceptable",
        ),
        (
            Actor::send(submitter.request("POST", "/v1/checks").header("Content-Digest", "md5=:x:")).await,
            400,
            "request-invalid",
        ),
        (
            Actor::send(submitter.request("POST", "/v1/checks").header("Content-Digest", "0".repeat(64)).body("a,b\n"))
                .await,
            400,
            "digest-mismatch",
        ),
        (Actor::send(too_large).await, 413, "too-large"),
    ];
    for (answer, status, code) in answers {
        let problem = answer.json();
        assert_eq!((answer.status, problem["code"].as_str()), (status, Some(code)), "{problem}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let kind = problem["type"].as_str().expect("a type").to_owned();
        assert_eq!(submitter.get(&kind).await.json()["code"], code, "the type leads to its explanation");
    }
}

#[tokio::test]
async fn who_asks_too_fast_is_told_when_to_go_on() {
    let service = Running::start(&[("HOMEWARD_RATES_REQUESTS_PER_MINUTE", "3")]);
    let submitter = service.acting("submitter", Some("330"));
    let mut last = submitter.get("/v1/returns").await;
    for _ in 0..3 {
        last = submitter.get("/v1/returns").await;
    }
    assert_eq!((last.status, last.json()["code"].as_str()), (429, Some("too-many-requests")));
    assert!(last.header("retry-after").parse::<u64>().expect("seconds") >= 1);
}

#[tokio::test]
async fn slow_and_half_open_clients_are_cut_off() {
    let settings = [("HOMEWARD_HTTP_HEADER_TIMEOUT_SECONDS", "1"), ("HOMEWARD_HTTP_BODY_IDLE_SECONDS", "1")];
    let service = Running::start(&settings);
    let key = service.key("submitter", Some("330"));
    let address = service.api.trim_start_matches("http://").to_owned();
    let ended = tokio::task::spawn_blocking(move || {
        let open = |text: String| {
            let mut stream = std::net::TcpStream::connect(&address).expect("connects");
            stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
            stream.write_all(text.as_bytes()).expect("writes");
            let mut answer = Vec::new();
            let read = stream.read_to_end(&mut answer).is_ok();
            (read, String::from_utf8_lossy(&answer).into_owned())
        };
        let headers = open("POST /v1/returns HTTP/1.1\r\nHost: x\r\n".to_owned());
        let body = open(format!(
            "POST /v1/returns HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {key}\r\nContent-Length: 1000\r\n\r\nCHILD"
        ));
        (headers, body)
    });
    let ((headers_ended, _), (body_ended, answer)) = ended.await.expect("both ended");
    assert!(headers_ended, "a connection whose headers never end is closed");
    assert!(body_ended && answer.contains("408") && answer.contains("too-slow"), "{answer}");
}

#[tokio::test]
async fn no_body_makes_the_service_fail() {
    let service = Running::start(&[("HOMEWARD_RATES_UPLOADS_PER_MINUTE", "1000")]);
    let submitter = service.acting("submitter", Some("330"));
    let good = small_return("330");
    let mut bodies: Vec<Vec<u8>> =
        vec![Vec::new(), b"{".to_vec(), b"[[[[[[[[[[[[[".to_vec(), b"PK\x03\x04".to_vec(), vec![0xff; 5000]];
    for at in (0..good.len()).step_by(good.len() / 12 + 1) {
        bodies.push(good[..at].to_vec());
        let mut flipped = good.clone();
        flipped[at] ^= 0x55;
        bodies.push(flipped);
    }
    for body in bodies {
        let answer = Actor::send(submitter.request("POST", "/v1/checks").body(body)).await;
        assert!(answer.status < 500, "{}", String::from_utf8_lossy(&answer.body));
    }
}
