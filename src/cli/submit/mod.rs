//! `homeward submit`: uploads a return, follows it to its verdict, prints the findings, exits like `check`.

mod package;

pub use package::{PackageError, package};

use super::client::{Client, ClientError, Uploaded};
use super::client_tls::ClientTls;
use super::private_file;
use crate::domain::report::Outcome;
use bytes::Bytes;
use chrono::NaiveDate;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How often a busy service is asked again before it is said that it is busy.
const TRIES: u32 = 5;
/// How long a verdict is waited for that another request brings about.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// What the person asked for.
#[derive(Debug, Clone)]
pub struct SubmitOptions {
    pub paths: Vec<PathBuf>,
    /// The service's address.
    pub service: String,
    /// The file that holds the submitter's key: never an argument, which other users of the machine can read.
    pub key_file: PathBuf,
    pub tls: ClientTls,
    /// Where to keep the signed receipt of the decision.
    pub receipt: Option<PathBuf>,
    /// Whether to show progress on standard error.
    pub progress: bool,
    /// Whether to say nothing but the outcome.
    pub quiet: bool,
}

/// Why a return could not be sent.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    #[error("the key file {path} cannot be read: {source}")]
    Key { path: PathBuf, source: std::io::Error },
    #[error("the receipt cannot be written to {path}: {source}; the return is {id}, and its receipt can be had again")]
    Receipt { path: PathBuf, source: std::io::Error, id: String },
    #[error(transparent)]
    Package(#[from] PackageError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(
        "the return {id} was received and is not decided after {} minutes; nothing is lost: send the same file again later and \
         its verdict is told",
        PATIENCE.as_secs() / 60
    )]
    Undecided { id: String },
    #[error("the service gave a verdict that this program does not know: {0}; a newer version of it is needed")]
    Verdict(String),
}

/// The verdict and the report that the service gave.
#[derive(Debug)]
pub struct Submitted {
    pub id: String,
    pub state: String,
    pub outcome: Outcome,
    /// Whether it had been sent before.
    pub sent_before: bool,
    /// How many explanations of the version before hold for this one too.
    pub carried: u64,
    /// How many do not, so that reasons have to be given anew.
    pub dropped: u64,
    /// Since when its collection is closed, so that it cannot be signed.
    pub closed_since: Option<String>,
    /// The last day on which it is on time; none where the service does not tell.
    pub deadline: Option<NaiveDate>,
    /// Whether the first version came after it.
    pub late: bool,
    /// The report as text, as `homeward check` prints it.
    pub report: String,
}

/// Sends the return and waits for its verdict. The key of the request is drawn anew each time, because a file that was sent
/// back is sent again as it is; should this program be killed, the service knows the bytes by their digest.
pub async fn submit(options: &SubmitOptions) -> Result<Submitted, SubmitError> {
    let key = std::fs::read_to_string(&options.key_file)
        .map_err(|source| SubmitError::Key { path: options.key_file.clone(), source })?;
    let client = Client::new(&options.service, key.trim(), &options.tls)?;
    let body = Bytes::from(package(&options.paths)?);
    let bar = bar(body.len() as u64, options.progress);
    let answer = decided(&client, &body, (&bar, options.quiet), PATIENCE).await?;
    bar.finish_and_clear();
    let outcome = serde_json::from_value(answer.outcome.clone().into());
    let outcome = outcome.map_err(|_| SubmitError::Verdict(answer.outcome))?;
    if let Some(path) = &options.receipt {
        let receipt = client.document(&format!("/v1/returns/{}/receipt", answer.id), "*/*").await?;
        let failed = |source| SubmitError::Receipt { path: path.clone(), source, id: answer.id.clone() };
        private_file::write(path, &receipt).map_err(failed)?;
    }
    let Uploaded { id, state, sent_before, carried, dropped, closed_since, deadline, late, report, .. } = answer;
    Ok(Submitted { id, state, outcome, sent_before, carried, dropped, closed_since, deadline, late, report })
}

/// The answer once there is a verdict. What another request is deciding is asked for until it is decided, and then sent once
/// more: that gives the answer which the other one gets, also of what was rejected and not kept.
async fn decided(
    client: &Client,
    body: &Bytes,
    (bar, quiet): (&ProgressBar, bool),
    patience: Duration,
) -> Result<Uploaded, SubmitError> {
    let idempotency_key = uuid::Uuid::new_v4().to_string();
    let begun = Instant::now();
    loop {
        let (shown, told) = (bar.clone(), bar.clone());
        let mut tries = 0;
        let sent = client.upload_when_taken(
            body,
            &idempotency_key,
            TRIES,
            move |bytes| shown.set_position(bytes),
            |why, wait| {
                tries += 1;
                let sentence = format!("{why}; trying again in {} s ({tries} of {TRIES})", wait.as_secs());
                // Where no bar is shown, as in a script, whoever waits is told by a line.
                if told.is_hidden() && !quiet {
                    eprintln!("{sentence}");
                }
                told.set_message(sentence);
            },
        );
        let answer = sent.await?;
        let Some(wait) = answer.undecided else { return Ok(answer) };
        bar.set_message("it was sent before and is being decided; waiting for the verdict");
        loop {
            if begun.elapsed() > patience {
                return Err(SubmitError::Undecided { id: answer.id });
            }
            tokio::time::sleep(wait).await;
            let now = client.get(&format!("/v1/returns/{}", answer.id)).await?;
            if now["state"] != "received" {
                break;
            }
        }
    }
}

fn bar(bytes: u64, shown: bool) -> ProgressBar {
    if !shown {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(bytes);
    // Unwrap safety of the default: the template is fixed and right; a wrong one would only change its looks.
    let style = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style);
    bar.set_message("sending, then waiting for the verdict");
    bar
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};

    /// Reads a request whole and says whether it is an upload.
    fn is_upload(stream: &mut TcpStream) -> bool {
        let (mut read, mut piece) = (Vec::new(), [0; 4096]);
        loop {
            let count = stream.read(&mut piece).expect("reads");
            read.extend_from_slice(&piece[..count]);
            let text = String::from_utf8_lossy(&read).into_owned();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.trim().parse().expect("a number"));
            match text.split_once("\r\n\r\n") {
                Some((_, body)) if body.len() >= length => return text.starts_with("POST"),
                _ if count == 0 => return false,
                _ => {}
            }
        }
    }

    /// A service that never decides; it ends with the test.
    fn undecided() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listens");
        let address = format!("http://{}", listener.local_addr().expect("has an address"));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let answer = if is_upload(&mut stream) {
                    "HTTP/1.1 202 Accepted\r\nHomeward-Return: one\r\nHomeward-State: received\r\nHomeward-Outcome: \r\n\
                     Retry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                } else {
                    "HTTP/1.1 200 OK\r\nContent-Length: 20\r\nConnection: close\r\n\r\n{\"state\":\"received\"}"
                };
                stream.write_all(answer.as_bytes()).expect("answers");
            }
        });
        address
    }

    #[tokio::test]
    async fn a_verdict_is_not_waited_for_without_end() {
        let client = Client::new(&undecided(), "hw_key", &ClientTls::default()).expect("a client");
        let body = Bytes::from_static(b"a return");
        let waited = decided(&client, &body, (&ProgressBar::hidden(), true), Duration::from_secs(1)).await;
        assert!(matches!(&waited, Err(SubmitError::Undecided { id }) if id == "one"), "{waited:?}");
    }
}
