//! Every decision has its receipt; no byte of one can be altered; a receipt once given stays the same.

use crate::service_support::{AUTHORITY, House, YEAR, sample};
use homeward::domain::account::Role;
use homeward::domain::digest::Digest;
use homeward::domain::evidence::{KeySet, ReceiptBody, Signer, open};
use homeward::domain::identifier::ReturnId;
use homeward::domain::report::Outcome;
use homeward::domain::state::ReturnState;
use homeward::flow::FlowError;
use homeward::store::Ledger;
use serde_json::Value;

async fn receipts(house: &House, id: ReturnId) -> Vec<(ReturnState, ReceiptBody)> {
    let keys = house.service.receipt_keys().await.expect("are published");
    let receipts = house.data.ledger.signed_receipts(id).await.expect("lists");
    let opened = |envelope: &str| open::<ReceiptBody>(envelope.as_bytes(), &keys).expect("holds").0;
    receipts.iter().map(|receipt| (receipt.decision, opened(&receipt.envelope))).collect()
}

fn decisions(receipts: &[(ReturnState, ReceiptBody)]) -> Vec<ReturnState> {
    receipts.iter().map(|(decision, _)| *decision).collect()
}

#[tokio::test]
async fn each_decision_has_a_receipt_that_says_what_was_decided() {
    use ReturnState::{Accepted, Checked, Rejected, SentBack, Signed, Superseded, Withdrawn};
    let house = House::new().await;
    let (submitter, signatory) = (house.account(Role::Submitter).await, house.account(Role::Signatory).await);
    let collector = house.account(Role::Collector).await;
    let bytes = sample(YEAR, AUTHORITY, 1);
    let first = house.accept(AUTHORITY, &bytes).await.record;
    let second = house.accept(AUTHORITY, &sample(YEAR, AUTHORITY, 2)).await.record.id;
    let told = receipts(&house, first.id).await;
    assert_eq!(decisions(&told), [Checked, Signed, Accepted, Superseded]);
    assert_eq!(decisions(&receipts(&house, second).await), [Checked, Signed, Accepted]);
    for (decision, body) in &told {
        assert_eq!((body.decision, body.id, body.authority.as_str()), (*decision, first.id, AUTHORITY));
        assert_eq!((body.collection.as_deref(), body.version), (Some(YEAR), Some(1)));
        assert_eq!((body.file.sha256, body.file.bytes), (Digest::of(&bytes), bytes.len() as u64));
        let verdict = first.verdict.as_ref().expect("was checked");
        assert_eq!((&body.rows, body.outcome), (&verdict.counts.rows, verdict.outcome));
        assert_eq!(body.findings.expect("are counted").error, 0);
        assert_eq!(body.specification_digest, house.service.specification().digest);
    }
    let back = house.submit(&submitter, &sample(YEAR, AUTHORITY, 3)).await.expect("is received").record.id;
    house.service.send_back(&collector, back, "Please look again.".to_owned()).await.expect("is sent back");
    assert_eq!(decisions(&receipts(&house, back).await), [Checked, SentBack]);
    let withdrawn = house.submit(&submitter, &sample(YEAR, AUTHORITY, 4)).await.expect("is received").record.id;
    house.service.withdraw(&signatory, withdrawn, None).await.expect("is withdrawn");
    assert_eq!(decisions(&receipts(&house, withdrawn).await), [Checked, Withdrawn]);
    let refused = house.submit(&submitter, b"CHILD,UNKNOWN_COLUMN\nZimtstern4711,1\n").await.expect("is received");
    let told = receipts(&house, refused.record.id).await;
    assert_eq!(decisions(&told), [Rejected]);
    let (_, body) = &told[0];
    assert_eq!((body.outcome, &body.rejected_by), (Outcome::Rejected, &refused.receipt.expect("has one").codes));
    assert!(body.rows.is_empty() && body.findings.is_none(), "nothing is told of what was refused");

    let last = house.service.signed_receipt(&submitter, first.id, None).await.expect("is given");
    assert_eq!(last.decision, Superseded);
    let one = house.service.signed_receipt(&collector, first.id, Some(Signed)).await.expect("is given");
    assert_eq!(one.decision, Signed);
    let neighbour = house.account_of(Role::Submitter, "331").await;
    for id in [first.id, ReturnId::new(house.service.now())] {
        let answer = house.service.signed_receipt(&neighbour, id, None).await;
        assert!(matches!(answer, Err(FlowError::NotFound)), "{answer:?}");
    }
}

#[tokio::test]
async fn no_byte_of_a_receipt_can_be_altered() {
    let house = House::new().await;
    let submitter = house.account(Role::Submitter).await;
    let sent = house.submit(&submitter, &sample(YEAR, AUTHORITY, 1)).await.expect("is received");
    let receipt = house.service.signed_receipt(&submitter, sent.record.id, None).await.expect("is given").envelope;
    let keys = house.service.receipt_keys().await.expect("are published");
    let keys = KeySet::from_json(&keys.to_json()).expect("reads as it is published");
    open::<ReceiptBody>(receipt.as_bytes(), &keys).expect("holds");
    let mut bytes = receipt.into_bytes();
    for at in 0..bytes.len() {
        let was = bytes[at];
        for other in [was ^ 1, b'A'] {
            if other == was {
                continue;
            }
            bytes[at] = other;
            assert!(open::<ReceiptBody>(&bytes, &keys).is_err(), "byte {at} was {was} and became {other}");
        }
        bytes[at] = was;
    }
    open::<ReceiptBody>(&bytes, &keys).expect("is whole again");
}

#[tokio::test]
async fn a_receipt_stays_the_same_when_the_key_and_the_program_change() {
    let house = House::new().await;
    let submitter = house.account(Role::Submitter).await;
    let sent = house.submit(&submitter, &sample(YEAR, AUTHORITY, 1)).await.expect("is received");
    let id = sent.record.id;
    let before = house.service.signed_receipt(&submitter, id, None).await.expect("is given");
    let ledger = homeward::store::SqliteLedger::clone(&house.data.ledger).signing_with(Signer::from_secret(&[3; 32]));
    house.clock.advance(chrono::Duration::days(1));
    ledger.enter_signing_key(house.service.now()).await.expect("is entered");
    ledger.enter_signing_key(house.service.now()).await.expect("is known");
    let keys = house.service.receipt_keys().await.expect("are published");
    assert_eq!(keys.0.len(), 2);
    assert_eq!((keys.0[0].until, keys.0[1].until), (Some(keys.0[1].since), None));
    let after = house.service.signed_receipt(&submitter, id, None).await.expect("is given");
    assert_eq!(before, after);
    let (_, key) = open::<ReceiptBody>(after.envelope.as_bytes(), &keys).expect("holds with the old key");
    assert_eq!(key, keys.0[0].key.id());
}

#[tokio::test]
async fn receipts_are_as_their_schema_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/receipt.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("is there")).expect("is JSON");
    jsonschema::draft202012::meta::validate(&schema).expect("is a schema");
    let build = |schema: &Value| {
        jsonschema::draft202012::options().should_validate_formats(true).build(schema).expect("compiles")
    };
    let envelope = build(&schema);
    let mut inside = schema["$defs"]["receipt"].clone();
    inside["$defs"] = schema["$defs"].clone();
    let payload = build(&inside);
    let house = House::new().await;
    let submitter = house.account(Role::Submitter).await;
    let good = house.accept(AUTHORITY, &sample(YEAR, AUTHORITY, 1)).await.record.id;
    let bad = house.submit(&submitter, b"CHILD,UNKNOWN_COLUMN\nx,1\n").await.expect("is received").record.id;
    for id in [good, bad] {
        for receipt in house.data.ledger.signed_receipts(id).await.expect("lists") {
            let document: Value = serde_json::from_str(&receipt.envelope).expect("is JSON");
            let errors: Vec<String> = envelope.iter_errors(&document).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?}");
            let text = document["payload"].as_str().expect("a payload");
            let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).expect("base64");
            let body: Value = serde_json::from_slice(&bytes).expect("is JSON");
            let errors: Vec<String> = payload.iter_errors(&body).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?} {body}");
        }
    }
    assert!(!payload.is_valid(&serde_json::json!({"return": "x"})));
}

#[tokio::test]
async fn who_reads_findings_is_written_down() {
    let house = House::new().await;
    let (submitter, collector) = (house.account(Role::Submitter).await, house.account(Role::Collector).await);
    let id = house.submit(&submitter, &sample(YEAR, AUTHORITY, 1)).await.expect("is received").record.id;
    assert!(house.data.ledger.accesses(None, homeward::store::Page::ALL).await.expect("lists").is_empty());
    house.service.report(&collector, id).await.expect("reads");
    let neighbour = house.account_of(Role::Submitter, "331").await;
    house.service.report(&neighbour, id).await.expect_err("is not there for it");
    let read = house.data.ledger.accesses(Some(&id.to_string()), homeward::store::Page::ALL).await.expect("lists");
    let read: Vec<_> = read.iter().map(|one| (one.by, one.what.as_str(), one.subject.as_str())).collect();
    assert_eq!(read, [(collector.key, "findings", "return")]);
    let removed = house.data.ledger.forget_accesses(house.service.now()).await.expect("removes");
    assert_eq!(removed, 0, "its time is not over");
    house.clock.advance(chrono::Duration::seconds(1));
    assert_eq!(house.data.ledger.forget_accesses(house.service.now()).await.expect("removes"), 1);
}
