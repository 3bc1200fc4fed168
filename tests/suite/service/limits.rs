//! What the service takes on at once, and what clients that are slow, many or too greedy are told.

use super::{Actor, Answer, Running, small_return};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Nothing here takes so long; what does is stuck.
const PATIENCE: Duration = Duration::from_secs(60);

fn open(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address.trim_start_matches("http://")).expect("connects");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream
}

/// Begins an upload of a file and sends all of it but the last byte.
fn begin_upload(service: &Running, key: &str, file: &[u8]) -> TcpStream {
    let mut stream = open(&service.api);
    let head = format!(
        "POST /v1/returns HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {key}\r\nContent-Length: {}\r\n\r\n",
        file.len()
    );
    stream.write_all(head.as_bytes()).expect("writes");
    stream.write_all(&file[..file.len() - 1]).expect("writes");
    stream
}

/// The last byte, and the answer.
fn finish_upload(mut stream: TcpStream, file: &[u8]) -> String {
    stream.write_all(&file[file.len() - 1..]).expect("writes");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

async fn metrics(service: &Running) -> String {
    let answer = reqwest::get(format!("{}/metrics", service.admin)).await.expect("metrics");
    answer.text().await.expect("a text")
}

/// Waits until the metrics hold a line.
async fn wait_for(service: &Running, line: &str) {
    let until = std::time::Instant::now() + PATIENCE;
    while !metrics(service).await.lines().any(|told| told == line) {
        assert!(std::time::Instant::now() < until, "there is no {line} in {}", metrics(service).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn told(answer: &Answer) -> (u16, String, bool) {
    let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
    (answer.status, code, answer.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1))
}

#[tokio::test]
async fn a_key_has_so_many_uploads_under_way() {
    let service = Running::start(&[("HOMEWARD_LIMITS_UPLOADS_PER_KEY", "1")]);
    let (submitter, other) = (service.acting("submitter", Some("330")), service.acting("submitter", Some("331")));
    let file = small_return("330");
    let slow = begin_upload(&service, &submitter.key, &file);
    wait_for(&service, "homeward_uploads_under_way 1").await;
    wait_for(&service, &format!("homeward_upload_bytes_under_way {}", file.len())).await;
    let refused = submitter.upload(file.clone(), "second").await;
    assert_eq!(told(&refused), (429, "too-many-uploads".to_owned(), true));
    assert_eq!(other.upload(small_return("331"), "other").await.status, 201, "another key is not held back");
    let answer = finish_upload(slow, &file);
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(submitter.upload(file, "third").await.status, 200, "its share is given back");
    assert!(metrics(&service).await.contains("homeward_refused_total{limit=\"uploads-of-key\"} 1"));
}

#[tokio::test]
async fn no_more_is_taken_on_than_there_is_room_for() {
    let file = small_return("330");
    let cases = [
        ("HOMEWARD_LIMITS_UPLOADS_PER_ADDRESS", "0", 429, "too-many-uploads", "uploads-of-address"),
        ("HOMEWARD_LIMITS_UPLOADS", "0", 503, "busy", "uploads"),
        ("HOMEWARD_LIMITS_SPOOL_BYTES", "1000", 503, "busy", "spool-bytes"),
        ("HOMEWARD_LIMITS_RESERVE_BYTES", "9000000000000000000", 503, "no-space", "disk-space"),
    ];
    for (setting, value, status, code, limit) in cases {
        let service = Running::start(&[(setting, value)]);
        let submitter = service.acting("submitter", Some("330"));
        let refused = submitter.upload(file.clone(), "one").await;
        assert_eq!(told(&refused), (status, code.to_owned(), true), "{setting}");
        let pieces = futures::stream::iter([Ok::<_, std::io::Error>(file.clone())]);
        let unannounced = submitter.request("POST", "/v1/checks").body(reqwest::Body::wrap_stream(pieces));
        assert_eq!(told(&Actor::send(unannounced).await), (status, code.to_owned(), true), "{setting}, no length");
        let counted = format!("homeward_refused_total{{limit=\"{limit}\"}} 2");
        assert!(metrics(&service).await.contains(&counted), "{setting}");
        wait_for(&service, "homeward_uploads_under_way 0").await;
        wait_for(&service, "homeward_upload_bytes_under_way 0").await;
        assert_eq!(std::fs::read_dir(service.data.join("spool")).expect("the spool").count(), 0);
    }
}

#[tokio::test]
async fn whoever_is_refused_gets_the_answer_before_the_body_is_sent_through() {
    let service = Running::start(&[("HOMEWARD_RATES_UPLOADS_PER_MINUTE", "1")]);
    let submitter = service.acting("submitter", Some("330"));
    assert_eq!(submitter.upload(small_return("330"), "one").await.status, 201);
    let refused = submitter.upload(vec![b'a'; 30_000_000], "two").await;
    assert_eq!(told(&refused), (429, "too-many-requests".to_owned(), true));
    assert_eq!(refused.header("ratelimit-policy"), "\"key-uploads\";q=1;w=60");
    assert!(refused.header("ratelimit").starts_with("\"key-uploads\";r=0;t="), "{}", refused.header("ratelimit"));
    let read = submitter.get("/v1/returns").await;
    assert!(read.header("ratelimit").starts_with("\"key-requests\";r=59"), "{}", read.header("ratelimit"));
    let stranger = Actor { key: "hw_nothing".to_owned(), ..submitter };
    assert_eq!(stranger.upload(vec![b'a'; 30_000_000], "three").await.status, 401, "it is answered all the same");
}

/// Sends a byte of a long body now and then, until it is cut off; the answer.
fn trickle(mut stream: TcpStream, key: &str) -> String {
    let head = format!(
        "POST /v1/returns HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {key}\r\nContent-Length: 1000000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("writes");
    let mut writes = stream.try_clone().expect("clones");
    // Each pause is far shorter than the longest that is allowed; in all it is too slow.
    let writing = std::thread::spawn(move || {
        while writes.write_all(b"a").is_ok() {
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    let mut answer = Vec::new();
    // A connection that is reset after its answer was read is cut off all the same.
    let _ = stream.read_to_end(&mut answer);
    writing.join().expect("ends");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_byte_now_and_then_and_an_answer_never_read_are_cut_off() {
    let settings = [("HOMEWARD_LIMITS_PATIENCE_SECONDS", "1"), ("HOMEWARD_LIMITS_BYTES_PER_SECOND", "1000")];
    let service = Running::start(&settings);
    let key = service.key("submitter", Some("330"));
    let slow = open(&service.api);
    let answer = tokio::task::spawn_blocking(move || trickle(slow, &key)).await.expect("it ended");
    assert!(answer.contains("408") && answer.contains("too-slow"), "{answer}");
    // Far more answers are asked for than the system keeps for a client that reads none.
    let mut reads_nothing = open(&service.api);
    for _ in 0..200 {
        if reads_nothing.write_all(b"GET /v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n").is_err() {
            break;
        }
    }
    wait_for(&service, "homeward_http_stalled_total 1").await;
    assert!(metrics(&service).await.contains("homeward_refused_total{limit=\"slow-body\"} 1"));
}

#[tokio::test]
async fn an_address_has_so_many_connections() {
    let service = Running::start(&[("HOMEWARD_LIMITS_CONNECTIONS_PER_ADDRESS", "2")]);
    let (first, second) = (open(&service.api), open(&service.api));
    wait_for(&service, "homeward_http_connections 2").await;
    let refused = reqwest::get(format!("{}/v1/collections", service.api)).await.expect("an answer");
    assert_eq!((refused.status().as_u16(), refused.headers().contains_key("retry-after")), (429, true));
    drop((first, second));
    wait_for(&service, "homeward_http_connections 0").await;
    assert_eq!(reqwest::get(format!("{}/v1/collections", service.api)).await.expect("an answer").status(), 200);
}

/// Sends bytes on a connection that has answered a request before, and gives back all that comes until it ends.
fn answer_to(service: &Running, bytes: &[u8]) -> String {
    let mut stream = open(&service.api);
    stream.write_all(b"GET /v1/problems/busy HTTP/1.1\r\nHost: x\r\n\r\n").expect("writes");
    let mut answer = Vec::new();
    while !answer.ends_with(b"}") {
        let mut piece = [0; 1024];
        let count = stream.read(&mut piece).expect("an answer");
        assert!(count > 0, "the connection ended");
        answer.extend(&piece[..count]);
    }
    // The service may have refused, and stopped reading, before all of it is sent.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer, and the end");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn what_is_no_request_is_told_with_a_problem_document() {
    let service = Running::start(&[("HOMEWARD_TLS_ENDED_BY_PROXY", "true")]);
    let key = service.acting("submitter", Some("330")).key;
    let begun = |first: &str, rest: &str| format!("{first}\r\nHost: x\r\nConnection: close\r\n{rest}\r\n\r\n");
    let head = |rest: &str| begun("GET /v1/problems HTTP/1.1", rest);
    let address = |length: usize| begun(&format!("GET /{} HTTP/1.1", "a".repeat(length)), "x-1: a");
    let header = |name: usize, length: usize| format!("x-{name}: {}", "a".repeat(length));
    let many = |count: usize| head(&(0..count).map(|name| header(name, 1)).collect::<Vec<_>>().join("\r\n"));
    let chunked = format!("Authorization: Bearer {key}\r\nTransfer-Encoding: chunked\r\n\r\nno number");
    let refused = [
        ("a head over 64 KiB", head(&header(1, 70 * 1024)), 431, "headers-too-large"),
        ("one of nearly a megabyte", head(&header(1, 900_000)), 431, "headers-too-large"),
        ("101 headers", many(99), 431, "headers-too-large"),
        ("headers that become a request", head(&header(1, 40 * 1024)), 431, "headers-too-large"),
        ("an address over 64 KiB", address(70 * 1024), 414, "address-too-long"),
        ("an address that becomes a request", address(9 * 1024), 414, "address-too-long"),
        ("a first line of one word", "NONSENSE\r\n\r\n".to_owned(), 400, "request-invalid"),
        ("a method with a comma", begun("GE,T / HTTP/1.1", "x-1: a"), 400, "request-invalid"),
        ("a header without a name", head(": a"), 400, "request-invalid"),
        ("a length that is no number", head("Content-Length: many"), 400, "request-invalid"),
        ("two lengths", head("Content-Length: 1\r\nContent-Length: 2"), 400, "request-invalid"),
        ("a chunk without a length", begun("POST /v1/checks HTTP/1.1", &chunked), 400, "upload-incomplete"),
    ];
    for (what, bytes, status, code) in refused {
        let answer = answer_to(&service, bytes.as_bytes());
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{what}: {answer:?}"));
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{what}: {answer}");
        let headers = [
            "content-type: application/problem+json",
            "x-request-id: ",
            "x-content-type-options: nosniff",
            "cache-control: no-store",
            "strict-transport-security: max-age=31536000",
        ];
        for header in headers {
            assert_eq!(head.matches(&format!("\r\n{header}")).count(), 1, "{what} lacks {header}: {head}");
        }
        let document: serde_json::Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{what}: {answer}"));
        assert_eq!((&document["code"], &document["status"]), (&code.into(), &status.into()), "{what}");
        assert_eq!(document["type"], format!("/v1/problems/{code}"), "{what}");
    }
    assert!(answer_to(&service, many(98).as_bytes()).starts_with("HTTP/1.1 200 "), "100 headers are taken");
    let metrics = metrics(&service).await;
    let counted = "homeward_http_requests_total{method=\"other\",route=\"unknown\",status=\"431\"} 2\n";
    assert!(metrics.contains(counted), "{metrics}");
}
