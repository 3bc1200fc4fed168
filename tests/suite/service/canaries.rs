//! Values planted wherever a client can put one never show in the log, also at its most talkative, in metrics, in problem
//! documents, or in what analysts and operators are answered.

use super::{Actor, Running};
use homeward::spec::{FieldType, Specification};
use std::collections::BTreeSet;
use std::io::Write as _;

/// The beginning of every canary; nothing else in the world has it.
const MARK: &str = "Zqxwv";

/// A canary for a place: one word, so that it is found however it is cut out of its surroundings.
fn canary(place: &str) -> String {
    let letters: String = place.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{MARK}{letters}")
}

fn zipped(members: &[(String, String)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in members {
        archive.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).expect("begins");
        archive.write_all(text.as_bytes()).expect("is written");
    }
    archive.finish().expect("ends").into_inner()
}

/// A file of every table with a canary in every field; beside it one whose name and headings are canaries.
fn tables(specification: &Specification) -> Vec<(String, String)> {
    let mut members: Vec<(String, String)> = Vec::new();
    for table in &specification.tables {
        let headings: Vec<&str> = table.fields.iter().map(|field| field.name.as_str()).collect();
        let cells: Vec<String> = headings.iter().map(|field| canary(&format!("{}{field}", table.name))).collect();
        members.push((format!("{}.csv", table.name), format!("{}\n{}\n", headings.join(","), cells.join(","))));
    }
    members.push((format!("{}.csv", canary("member")), format!("{},B\n{},2\n", canary("heading"), canary("stray"))));
    members
}

/// The same as a JSON document, with members that are canaries.
fn document(specification: &Specification) -> String {
    let mut tables = serde_json::Map::new();
    for table in &specification.tables {
        let cells = table.fields.iter().map(|field| (field.name.clone(), canary(&field.name).into()));
        let mut row: serde_json::Map<String, serde_json::Value> = cells.collect();
        row.insert(canary("member"), canary("value").into());
        tables.insert(table.name.clone(), serde_json::json!([row]));
    }
    tables.insert(canary("table"), serde_json::json!([{ canary("key"): canary("cell") }]));
    serde_json::Value::Object(tables).to_string()
}

fn workbook() -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet().set_name(canary("sheet")).expect("a name");
    sheet.write_string(0, 0, canary("sheetheading")).expect("is written");
    sheet.write_string(1, 0, canary("sheetcell")).expect("is written");
    let children = book.add_worksheet().set_name("children").expect("a name");
    for (column, heading) in ["CHILD", "SEX", "BIRTH_MONTH"].into_iter().enumerate() {
        let column = u16::try_from(column).expect("few columns");
        children.write_string(0, column, heading).expect("is written");
        children.write_string(1, column, canary(heading)).expect("is written");
    }
    book.save_to_buffer().expect("a workbook")
}

#[tokio::test]
async fn what_clients_plant_shows_nowhere() {
    let specification = Specification::embedded().expect("loads");
    let kinds: BTreeSet<String> = specification
        .tables
        .iter()
        .flat_map(|table| &table.fields)
        .map(|field| format!("{:?}", std::mem::discriminant::<FieldType>(&field.kind)))
        .collect();
    assert!(kinds.len() >= 5, "every kind of field is planted: {kinds:?}");
    for format in ["text", "json"] {
        let settings = [("HOMEWARD_LOG_FILTER", "trace"), ("HOMEWARD_LOG_FORMAT", format)];
        let service = Running::start(&settings);
        let submitter = service.acting("submitter", Some("330"));
        let mut cut = zipped(&tables(&specification));
        cut.truncate(cut.len() / 2);
        let bodies = [
            zipped(&tables(&specification)),
            cut,
            tables(&specification).into_iter().map(|(_, text)| text).collect::<String>().into_bytes(),
            document(&specification).into_bytes(),
            format!("{{\"{}\": [{{\"a\": {}", canary("broken"), canary("unquoted")).into_bytes(),
            workbook(),
            format!("CHILD,SEX\n{},{}\n", canary("postcode"), "ZE2 9LT").into_bytes(),
        ];
        for (number, body) in bodies.into_iter().enumerate() {
            for path in ["/v1/checks", "/v1/returns"] {
                let name = format!("attachment; filename=\"{}.zip\"", canary("filename"));
                let request = submitter
                    .request("POST", &format!("{path}?{}={}", canary("queryname"), canary("queryvalue")))
                    .header("User-Agent", canary("agent"))
                    .header("Content-Disposition", name)
                    .header("Content-Type", format!("application/{}", canary("type")))
                    .header("Referer", format!("https://example.test/{}", canary("referer")))
                    .header("Cookie", format!("{}={}", canary("cookiename"), canary("cookie")))
                    .header("X-Forwarded-For", canary("forwarded"))
                    .header("X-Request-Id", canary("requestid"))
                    .header(canary("header").as_str(), canary("headervalue"))
                    .header("Idempotency-Key", canary(&format!("idempotency{number}")))
                    .body(body.clone());
                // A report answers its own sender with what is wrong where; problem documents are checked below.
                assert!(Actor::send(request).await.status < 500);
            }
        }
        for problem in problems(&service, &submitter).await {
            assert!(!problem.contains(MARK), "a problem repeats what was planted: {problem}");
        }
        for (role, authority) in [("analyst", None), ("operator", None), ("submitter", Some("331"))] {
            let other = service.acting(role, authority);
            let collection = "/v1/collections/reunification-2026";
            let paths = ["/v1/returns", "/v1/releases", "/v1/publications", "/v1/collections", "/v1/problems"];
            let further = ["coverage", "explanations", "specification", "profile"];
            let further = further.map(|path| format!("{collection}/{path}"));
            for path in paths.into_iter().map(str::to_owned).chain(further) {
                let answer = other.get(&path).await;
                assert!(!String::from_utf8_lossy(&answer.body).contains(MARK), "{role} reads it at {path}");
            }
        }
        let metrics = reqwest::get(format!("{}/metrics", service.admin)).await.expect("metrics");
        assert!(!metrics.text().await.expect("a text").contains(MARK), "the metrics tell what was planted");
        let log = service.log();
        let lower = MARK.to_lowercase();
        let telling = log.lines().find(|line| line.to_lowercase().contains(&lower));
        assert_eq!(telling, None, "the log tells what was planted");
        assert!(log.contains("an upload was received") && log.len() > 10_000, "the log is there and talkative");
    }
}

/// Planted in reasons, which the department reads and the log and the metrics never tell.
const REASON: &str = "Vwxzqreason";

/// The return with one child's pseudonym and the name of the software planted: all of it is good.
fn kept() -> Vec<u8> {
    let mut tables = super::resubmits::version(["5", "6", "0"]);
    let child = |text: &str| text.lines().nth(1).and_then(|row| row.split(',').next()).map(str::to_owned);
    let (_, returned) = tables.iter().find(|(name, _)| name == "reunifications").expect("the table is there");
    let child = child(returned).expect("a child that went home");
    let headings = tables[0].1.lines().next().expect("headings").to_owned();
    assert!(tables[0].0 == "header" && headings.contains("SOFTWARE"), "{headings}");
    crate::check_support::set(&mut tables, "header", 2, "SOFTWARE", &canary("software"));
    for (_, text) in &mut tables {
        *text = text.replace(&child, &canary("kept"));
    }
    super::resubmits::packed(&tables)
}

/// What is refused goes no further than the door. Here the planted return is kept: every rule runs over it, its tables are
/// written, its findings explained, it is signed and accepted.
#[tokio::test]
async fn what_is_planted_in_a_return_that_is_kept_shows_to_its_authority_alone() {
    let service = Running::start(&[("HOMEWARD_LOG_FILTER", "trace")]);
    let (submitter, signatory) = (service.acting("submitter", Some("330")), service.acting("signatory", Some("330")));
    let sent = submitter.upload(kept(), "kept").await;
    let path = sent.header("location").to_owned();
    assert_eq!(sent.json()["return"]["outcome"], "queries", "{}", sent.json()["report"]["counts"]);
    let findings = submitter.get(&format!("{path}/findings?severity=query&page_size=1000")).await;
    assert!(String::from_utf8_lossy(&findings.body).contains(&canary("kept")), "a finding names the planted child");
    let codes: BTreeSet<String> = (findings.json()["findings"].as_array().expect("findings").iter())
        .filter_map(|one| one["code"].as_str().map(str::to_owned))
        .collect();
    let reasons: Vec<serde_json::Value> = (codes.iter())
        .map(|code| serde_json::json!({ "code": code, "text": format!("It is so in the records, {REASON}.") }))
        .collect();
    let explained = submitter.request("PUT", &format!("{path}/explanations"));
    let explained = Actor::send(explained.json(&serde_json::json!({ "explanations": reasons }))).await;
    assert_eq!(explained.status, 200, "{}", String::from_utf8_lossy(&explained.body));
    let signed = signatory.post(&format!("{path}/sign"), &serde_json::json!({})).await;
    assert_eq!(signed.json()["state"], "signed", "{}", String::from_utf8_lossy(&signed.body));
    let accepted = service.acting("collector", None).post(&format!("{path}/accept"), &serde_json::json!({})).await;
    assert_eq!(accepted.json()["state"], "accepted", "{}", String::from_utf8_lossy(&accepted.body));

    for (role, authority) in [("analyst", None), ("operator", None), ("submitter", Some("331"))] {
        let other = service.acting(role, authority);
        let collection = "/v1/collections/reunification-2026";
        let own =
            ["", "/findings", "/history", "/explanations", "/receipt", "/changes"].map(|part| format!("{path}{part}"));
        let all = ["/v1/returns".to_owned(), format!("{collection}/coverage"), format!("{collection}/explanations")];
        for path in all.into_iter().chain(own) {
            let answer = other.get(&path).await;
            assert!(!String::from_utf8_lossy(&answer.body).contains(MARK), "{role} reads it at {path}");
        }
    }
    let metrics = reqwest::get(format!("{}/metrics", service.admin)).await.expect("metrics");
    let (metrics, log) = (metrics.text().await.expect("a text").to_lowercase(), service.log().to_lowercase());
    assert!(log.contains("an upload was received") && log.len() > 10_000, "the log is there and talkative");
    for planted in [MARK, REASON] {
        let planted = planted.to_lowercase();
        assert!(!metrics.contains(&planted), "the metrics tell what was planted");
        assert_eq!(log.lines().find(|line| line.contains(&planted)), None, "the log tells what was planted");
    }
}

/// What is planted where requests go wrong.
async fn problems(service: &Running, submitter: &Actor) -> Vec<String> {
    let bearer = canary("bearer");
    let stranger = Actor { key: bearer, ..submitter.clone() };
    let id = "0190a0a0-0000-7000-8000-000000000000";
    let json = format!("{{\"{}\": \"{}\"}}", canary("bodykey"), canary("bodyvalue"));
    let explained = format!("{{\"explanations\": [{{\"code\": \"V01\", \"text\": {}", canary("text"));
    let requests = [
        stranger.request("GET", "/v1/returns"),
        submitter.request("GET", &format!("/v1/returns?state={}", canary("state"))),
        submitter.request("GET", &format!("/v1/returns?{}=1", canary("parameter"))),
        submitter.request("GET", "/v1/returns").header("Accept", canary("accept")),
        submitter.request("GET", &format!("/v1/returns/{id}/findings?severity={}", canary("severity"))),
        submitter.request("POST", &format!("/v1/returns/{id}/sign")).body(json.clone()),
        submitter.request("PUT", &format!("/v1/returns/{id}/explanations")).body(explained),
        submitter.request("POST", "/v1/checks").header("Accept", format!("image/{}", canary("accept"))),
        submitter.request("POST", "/v1/checks").header("Content-Digest", canary("digest")),
        submitter.request("POST", "/v1/releases").body(json),
        submitter.request("POST", &format!("/v1/data-sets/{id}/query?asOf={}", canary("asof"))).body("{"),
    ];
    let mut told = Vec::new();
    for request in requests {
        let answer = Actor::send(request.header("User-Agent", canary("agent"))).await;
        if answer.status >= 400 {
            told.push(String::from_utf8_lossy(&answer.body).into_owned());
        }
    }
    assert!(told.len() >= 8 && !service.api.is_empty(), "{told:?}");
    told
}
