//! A return that is sent again: what was explained stays explained, what changed is told, and no text names anybody.

use super::{Actor, Answer, Running, contains, homeward};
use crate::check_support::{sample, set};
use crate::intake_support::{members, zip};
use serde_json::{Value, json};

const COLLECTION: &str = "reunification-2026";

/// The siblings who returned with the children of these rows; more than the one in care is a query (R319).
pub(super) fn version(siblings: [&str; 3]) -> Vec<(String, String)> {
    let mut tables = sample(COLLECTION);
    let rows = |tables: &[(String, String)], name: &str| {
        tables.iter().find(|(table, _)| table == name).map_or(0, |(_, text)| text.lines().count())
    };
    for row in 2..=rows(&tables, "children") {
        set(&mut tables, "children", row, "SIBLINGS_IN_CARE", "1");
    }
    for row in 2..=rows(&tables, "reunifications") {
        let returned = siblings.get(row - 2).unwrap_or(&"0");
        set(&mut tables, "reunifications", row, "SIBLINGS_RETURNED", returned);
    }
    tables
}

/// The last row of a table before the first, so that every row has another number.
fn moved(tables: &mut [(String, String)], table: &str) {
    let (_, text) = tables.iter_mut().find(|(name, _)| name == table).expect("the table is there");
    let mut lines: Vec<&str> = text.lines().collect();
    let last = lines.pop().expect("a row");
    lines.insert(1, last);
    let turned = lines.join("\n") + "\n";
    *text = turned;
}

pub(super) fn packed(tables: &[(String, String)]) -> Vec<u8> {
    zip(&members(tables))
}

async fn put(actor: &Actor, path: &str, explanations: Value) -> Answer {
    let body = json!({ "explanations": explanations });
    Actor::send(actor.request("PUT", &format!("{path}/explanations")).json(&body)).await
}

async fn queries(actor: &Actor, path: &str, code: &str) -> Vec<Value> {
    let page = actor.get(&format!("{path}/findings?severity=query&code={code}&page_size=1000")).await.json();
    page["findings"].as_array().expect("findings").clone()
}

/// A reason for each query of R319, and one for every other rule as a whole.
pub(super) async fn explain_everything(actor: &Actor, path: &str) {
    let page = actor.get(&format!("{path}/findings?severity=query&page_size=1000")).await.json();
    let others: std::collections::BTreeSet<&str> =
        page["findings"].as_array().expect("findings").iter().filter_map(|one| one["code"].as_str()).collect();
    let mut reasons: Vec<Value> = others
        .into_iter()
        .filter(|code| *code != "R319")
        .map(|code| json!({ "code": code, "text": "Compared with the records: it is so." }))
        .collect();
    for finding in queries(actor, path, "R319").await {
        let text = format!("{} came back with cousins.", finding["facts"]["SIBLINGS_RETURNED"]);
        reasons.push(json!({ "fingerprint": finding["fingerprint"], "text": text }));
    }
    let answer = put(actor, path, json!(reasons)).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
}

#[tokio::test]
async fn reasons_go_with_unchanged_facts_and_the_rest_is_told() {
    let service = Running::start(&[]);
    let submitter = service.acting("submitter", Some("330"));
    let signatory = service.acting("signatory", Some("330"));
    let (collector, analyst) = (service.acting("collector", None), service.acting("analyst", None));

    let first = packed(&version(["5", "6", "7"]));
    let sent = submitter.upload(first.clone(), "first").await;
    let one = sent.header("location").to_owned();
    assert_eq!(sent.json()["return"]["outcome"], "queries", "{}", sent.json()["report"]["counts"]);
    assert_eq!(sent.json()["explanations"], Value::Null);
    assert_eq!(queries(&submitter, &one, "R319").await.len(), 3);
    explain_everything(&submitter, &one).await;
    let given = submitter.get(&format!("{one}/explanations")).await.json();
    let body = json!({ "note": "Please look at the siblings again." });
    assert_eq!(collector.post(&format!("{one}/send-back"), &body).await.status, 200);

    let mut changed = version(["5", "9", "7"]);
    moved(&mut changed, "reunifications");
    let second = packed(&changed);
    let sent = submitter.upload(second.clone(), "second").await;
    let two = sent.header("location").to_owned();
    let told = sent.json()["explanations"].clone();
    let expected = json!([{ "code": "R319", "count": 1, "because": "the facts of this finding changed" }]);
    assert_eq!((&told["dropped"], told["from"]["version"].as_u64()), (&expected, Some(1)), "{told}");
    assert_eq!(sent.header("homeward-explanations-dropped"), "1");
    assert_eq!(sent.header("homeward-explanations-carried"), told["carried_over"].to_string());

    let held = submitter.get(&format!("{two}/explanations")).await.json();
    let held: Vec<&Value> = held.as_array().expect("a list").iter().filter(|one| one["code"] == "R319").collect();
    assert_eq!(held.len(), 2);
    for reason in held {
        let before = given.as_array().expect("a list").iter().find(|one| one["fingerprint"] == reason["fingerprint"]);
        let before = before.expect("it was given for the first version");
        for member in ["text", "by", "at"] {
            assert_eq!(reason[member], before[member], "{member}");
        }
        assert_eq!(reason["carried_from"]["version"], 1);
        assert!(before["carried_from"].is_null());
    }
    for finding in queries(&submitter, &two, "R319").await {
        let is_new = finding["facts"]["SIBLINGS_RETURNED"] == "9";
        assert_eq!(finding["explanation"].is_null(), is_new, "{finding}");
    }
    let history = submitter.get(&format!("{two}/history")).await.json();
    let notes: Vec<&str> = history.as_array().expect("events").iter().filter_map(|one| one["note"].as_str()).collect();
    let note = "R319: 1 explanation of version 1 was not carried over, because the facts of this finding changed.";
    assert!(notes.contains(&note), "{notes:?}");

    let refused = signatory.post(&format!("{two}/sign"), &json!({})).await.json();
    assert_eq!((&refused["code"], &refused["errors"][0]["code"]), (&json!("not-ready-to-sign"), &json!("R319")));
    assert_eq!(refused["errors"].as_array().map(Vec::len), Some(1), "{refused}");
    explain_everything(&submitter, &two).await;
    assert_eq!(signatory.post(&format!("{two}/sign"), &json!({})).await.status, 200);
    assert_eq!(collector.post(&format!("{two}/send-back"), &json!({ "note": "One more look." })).await.status, 200);

    // What is carried over covers every query: it is signed without another word.
    let mut third = changed.clone();
    moved(&mut third, "children");
    let sent = submitter.upload(packed(&third), "third").await;
    let three = sent.header("location").to_owned();
    assert_eq!(sent.json()["explanations"]["dropped"], json!([]));
    let signed = signatory.post(&format!("{three}/sign"), &json!({})).await;
    assert_eq!(signed.json()["state"], "signed", "{}", String::from_utf8_lossy(&signed.body));

    for (reader, is_told_of_findings) in [(&collector, true), (&analyst, false)] {
        let across = format!("/v1/collections/{COLLECTION}/explanations?rule=r319");
        let listed = reader.get(&across).await.json();
        let listed = listed["explanations"].as_array().expect("a list");
        assert_eq!(listed.len(), 3, "of the version that is signed, not of those sent back");
        assert!(listed.iter().all(|one| one["authority"] == "330" && one["return"]["version"] == 3));
        assert!(listed.iter().all(|one| one["fingerprint"].is_string() == is_told_of_findings), "{listed:?}");
        let page = reader.get(&format!("{across}&page=2&page_size=2")).await.json();
        assert_eq!(page["explanations"].as_array().map(Vec::len), Some(1));
        let elsewhere = reader.get("/v1/collections/reunification-1999/explanations").await;
        assert_eq!(elsewhere.status, 404);
    }
    let neighbour = service.acting("submitter", Some("331"));
    let theirs = neighbour.get(&format!("/v1/collections/{COLLECTION}/explanations")).await.json();
    assert_eq!(theirs["explanations"], json!([]));
}

#[tokio::test]
async fn what_changed_is_the_same_over_http_and_on_the_command_line() {
    let service = Running::start(&[]);
    let (submitter, collector) = (service.acting("submitter", Some("330")), service.acting("collector", None));
    let mut changed = version(["5", "9", "7"]);
    moved(&mut changed, "reunifications");
    let (first, second) = (packed(&version(["5", "6", "0"])), packed(&changed));
    let one = submitter.upload(first.clone(), "first").await.header("location").to_owned();
    let alone = submitter.get(&format!("{one}/changes")).await;
    assert_eq!((alone.status, alone.json()["code"].as_str()), (409, Some("nothing-to-compare")));
    let two = submitter.upload(second.clone(), "second").await.header("location").to_owned();

    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path.to_str().expect("a path").to_owned()
    };
    let (old, new) = (path("old.zip", &first), path("new.zip", &second));
    for (format, media_type) in [("json", "application/json"), ("text", "text/plain")] {
        let local = homeward(&["check", &new, "--since", &old, "--format", format]);
        assert_eq!(local.status.code(), Some(0), "{}", String::from_utf8_lossy(&local.stderr));
        let request = collector.request("GET", &format!("{two}/changes")).header("Accept", media_type);
        let remote = Actor::send(request).await;
        assert_eq!((remote.status, remote.header("homeward-since")), (200, one.trim_start_matches("/v1/returns/")));
        assert!(local.stdout == remote.body, "{}", String::from_utf8_lossy(&remote.body));
    }
    let document = submitter.get(&format!("{two}/changes")).await.json();
    let tables = document["tables"].as_array().expect("tables");
    for table in tables {
        let expected = if table["table"] == "reunifications" { 2 } else { 0 };
        assert_eq!((&table["changed"], &table["added"], &table["removed"]), (&json!(expected), &json!(0), &json!(0)));
    }
    let returns = tables.iter().find(|table| table["table"] == "reunifications").expect("the table");
    let fields: Vec<&Value> =
        returns["records"].as_array().expect("records").iter().map(|record| &record["fields"][0]).collect();
    assert!(fields.contains(&&json!({ "field": "SIBLINGS_RETURNED", "was": "6", "now": "9" })), "{fields:?}");
    let rule = document["rules"].as_array().expect("rules").iter().find(|rule| rule["code"] == "R319");
    let counts = rule.map(|rule| ["since", "now", "fixed", "new", "same"].map(|name| rule[name].clone()));
    assert_eq!(counts, Some([2, 3, 1, 2, 1].map(|count| json!(count))));

    let neighbour = service.acting("submitter", Some("331"));
    assert_eq!(neighbour.get(&format!("{two}/changes")).await.status, 404);
    let unknown = submitter.get(&format!("{two}/changes?since=0190a0a0-0000-7000-8000-000000000000")).await;
    assert_eq!(unknown.status, 404);
    let named = submitter.get(&format!("{two}/changes?since={}", one.trim_start_matches("/v1/returns/"))).await;
    assert_eq!(named.json(), document);
    let form = Actor::send(submitter.request("GET", &format!("{two}/changes")).header("Accept", "text/csv")).await;
    assert_eq!(form.status, 406);
    for wrong in [["--format", "csv"], ["--format", "html"]] {
        let local = homeward(&["check", &new, "--since", &old, wrong[0], wrong[1]]);
        assert_eq!(local.status.code(), Some(3));
    }
}

#[tokio::test]
async fn a_text_that_could_identify_somebody_is_refused_and_kept_nowhere() {
    const CANARIES: [(&str, &str); 4] =
        [("P02", "ZE2 9LT"), ("P03", "943 476 5919"), ("P06", "heron@example.org"), ("P01", "Mrs Xylophona")];
    let service = Running::start(&[("HOMEWARD_LOG_FILTER", "trace")]);
    let submitter = service.acting("submitter", Some("330"));
    let signatory = service.acting("signatory", Some("330"));
    let collector = service.acting("collector", None);
    let path = submitter.upload(packed(&version(["5", "6", "0"])), "first").await.header("location").to_owned();
    for (code, canary) in CANARIES {
        let text = format!("Please ask {canary} about it.");
        let reasons =
            json!([{ "code": "R319", "text": "They are cousins." }, { "code": "R319", "text": text.clone() }]);
        let note = json!({ "note": text });
        let answers = [
            (put(&submitter, &path, reasons).await, "$.explanations[1].text"),
            (submitter.post(&format!("{path}/withdraw"), &note).await, "$.note"),
            (collector.post(&format!("{path}/send-back"), &note).await, "$.note"),
        ];
        for (answer, place) in answers {
            let problem = answer.json();
            assert_eq!((answer.status, &problem["code"]), (422, &json!("identifying-text")), "{code}: {problem}");
            assert_eq!((&problem["errors"][0]["path"], &problem["errors"][0]["code"]), (&json!(place), &json!(code)));
            assert!(!contains(&answer.body, canary.as_bytes()), "{code} is repeated");
        }
    }
    assert_eq!(submitter.get(&format!("{path}/explanations")).await.json(), json!([]), "all or none is kept");
    explain_everything(&submitter, &path).await;
    let (_, canary) = CANARIES[0];
    let signed = signatory.post(&format!("{path}/sign"), &json!({ "note": canary })).await;
    assert_eq!((signed.status, signed.json()["errors"][0]["path"].as_str()), (422, Some("$.note")));
    assert_eq!(submitter.get(&path).await.json()["state"], "checked");
    for (code, canary) in CANARIES {
        assert!(!service.holds(canary.as_bytes()), "{code} is in the data folder");
        assert!(!service.log().contains(canary), "{code} is in the log");
    }
    // What is no identifier goes in, so the search would have found the others.
    assert!(service.holds(b"came back with cousins"));
}

#[tokio::test]
async fn a_wrong_file_in_between_loses_no_reasons() {
    let service = Running::start(&[]);
    let (submitter, signatory) = (service.acting("submitter", Some("330")), service.acting("signatory", Some("330")));
    let right = packed(&version(["5", "6", "7"]));
    let sent = submitter.upload(right.clone(), "right").await;
    explain_everything(&submitter, sent.header("location")).await;
    let wrong = submitter.upload(packed(&version(["0", "0", "0"])), "wrong").await;
    assert!(wrong.header("homeward-explanations-dropped").parse::<u64>().is_ok_and(|count| count >= 3));
    let again = submitter.upload(right, "right-again").await;
    assert_eq!((again.status, again.json()["return"]["version"].as_u64()), (201, Some(3)), "it is a new version");
    let held = submitter.get(&format!("{}/explanations", again.header("location"))).await.json();
    let held = held.as_array().expect("a list").iter().filter(|one| one["code"] == "R319").count();
    assert_eq!(held, 3, "every reason is back");
    let signed = signatory.post(&format!("{}/sign", again.header("location")), &json!({})).await;
    assert_eq!(signed.status, 200, "{}", String::from_utf8_lossy(&signed.body));
    let read = submitter.get(again.header("location")).await.json();
    assert_eq!(
        (&read["deadline"], &read["late"]),
        (&json!(again.header("homeward-deadline")), &json!(again.header("homeward-late") == "true"))
    );
    assert!(again.header("homeward-deadline").parse::<chrono::NaiveDate>().is_ok());
}
