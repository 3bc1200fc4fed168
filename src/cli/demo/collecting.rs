//! Sends the returns through the API, several at a time, and moves on those that may be.

use super::broken::{broken_files, with_an_error};
use crate::cli::Trouble;
use crate::cli::client::{Client, ClientError, Uploaded};
use crate::cli::sample::SampleReturn;
use futures::{StreamExt as _, TryStreamExt as _};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::collections::BTreeMap;

/// How often a busy service is asked again: its queue is emptied long before.
const TRIES: u32 = 600;

/// The keys that the demonstration made, by authority.
#[derive(Default)]
pub(super) struct Keys {
    pub(super) collector: String,
    /// Of a second collector.
    pub(super) approver: String,
    pub(super) submitters: BTreeMap<String, String>,
    pub(super) signatories: BTreeMap<String, String>,
}

impl Keys {
    fn submitter(&self, authority: &str) -> &str {
        self.submitters.get(authority).map_or("", String::as_str)
    }
}

/// The verdicts on what was sent.
pub(super) struct Collected {
    sent: Vec<(String, Uploaded)>,
}

/// Sends the files that must be refused, and one that may not be signed, and shows what the service says.
pub(super) async fn refuse(client: &Client, keys: &Keys, good: &SampleReturn) -> Result<(), Trouble> {
    let client = client.with_key(keys.submitter(&good.authority));
    for broken in broken_files(good)? {
        let answer = sent(&client, broken.bytes).await?;
        if answer.outcome != "rejected" || !answer.report.contains(broken.code) {
            return Err(Trouble(format!("{} was not refused by {}", broken.what, broken.code)));
        }
        say!("  {}: {}", broken.what, answer.outcome);
        for line in answer.report.lines().filter(|line| line.contains(broken.code)).take(1) {
            say!("      {}", line.trim());
        }
    }
    let answer = sent(&client, with_an_error(good)?).await?;
    say!("  totals that do not add up: {}", answer.outcome);
    let signatory = client.with_key(keys.signatories.get(&good.authority).map_or("", String::as_str));
    match signatory.post(&format!("/v1/returns/{}/sign", answer.id), &json!({})).await {
        Err(error @ ClientError::Problem { status: 409, .. }) => say!("      signing it: {error}"),
        Err(error) => return Err(error.into()),
        Ok(_) => return Err(Trouble("a return with errors was signed".to_owned())),
    }
    Ok(())
}

/// Sends every return and waits for its verdict.
pub(super) async fn collect(
    client: &Client,
    keys: &Keys,
    returns: Vec<SampleReturn>,
    at_a_time: usize,
) -> Result<Collected, Trouble> {
    let bar = ProgressBar::new(returns.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("  {bar:40} {pos}/{len} returns, {elapsed}") {
        bar.set_style(style);
    }
    let uploads = futures::stream::iter(returns).map(|made| {
        let (client, bar) = (client.with_key(keys.submitter(&made.authority)), &bar);
        async move {
            let zip = made.zip()?;
            let uploaded = sent(&client, zip).await?;
            bar.inc(1);
            Ok::<_, Trouble>((made.authority, uploaded))
        }
    });
    let mut sent: Vec<(String, Uploaded)> = uploads.buffer_unordered(at_a_time).try_collect().await?;
    bar.finish_and_clear();
    sent.sort_by(|one, other| one.0.cmp(&other.0));
    let mut outcomes: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, uploaded) in &sent {
        *outcomes.entry(&uploaded.outcome).or_default() += 1;
    }
    for (outcome, count) in outcomes {
        say!("  {count} returns are {outcome}");
    }
    Ok(Collected { sent })
}

impl Collected {
    /// Explains the queries there are, signs and accepts; a return with errors stays where it is.
    pub(super) async fn sign_and_accept(&self, client: &Client, keys: &Keys) -> Result<(), Trouble> {
        let collector = client.with_key(&keys.collector);
        let mut accepted = 0;
        for (authority, uploaded) in &self.sent {
            if !matches!(uploaded.outcome.as_str(), "clean" | "queries") {
                continue;
            }
            let path = format!("/v1/returns/{}", uploaded.id);
            if uploaded.outcome == "queries" {
                let submitter = client.with_key(keys.submitter(authority));
                let page = submitter.get(&format!("{path}/findings?severity=query&page=1")).await?;
                let codes: std::collections::BTreeSet<&str> =
                    page["findings"].as_array().into_iter().flatten().filter_map(|one| one["code"].as_str()).collect();
                let reasons: Vec<_> = codes
                    .into_iter()
                    .map(|code| json!({ "code": code, "text": "Compared with the children's records: it is so." }))
                    .collect();
                submitter.put(&format!("{path}/explanations"), &json!({ "explanations": reasons })).await?;
            }
            let signatory = client.with_key(keys.signatories.get(authority).map_or("", String::as_str));
            signatory.post(&format!("{path}/sign"), &json!({})).await?;
            collector.post(&format!("{path}/accept"), &json!({})).await?;
            accepted += 1;
        }
        say!("  {accepted} returns were signed and accepted");
        Ok(())
    }
}

/// Uploads, and waits when the service asks to.
async fn sent(client: &Client, bytes: Vec<u8>) -> Result<Uploaded, Trouble> {
    let idempotency_key = uuid::Uuid::new_v4().to_string();
    Ok(client.upload_when_taken(&bytes.into(), &idempotency_key, TRIES, |_| {}, |_, _| {}).await?)
}
