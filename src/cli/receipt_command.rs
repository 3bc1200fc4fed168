//! `homeward receipt`: what a receipt proves, verified without the service.

use super::Trouble;
use super::submit::package;
use crate::domain::digest::Digest;
use crate::domain::evidence::{KeySet, ReceiptBody, SigningKeyId, open};
use clap::{Args, Subcommand};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The receipt or the file is not what it should be.
const DOES_NOT_HOLD: u8 = 1;

/// Verify the receipts that the service gives for its decisions
#[derive(Debug, Args)]
pub(super) struct ReceiptArguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Say what a receipt proves; no service is needed. Exits with 0 where all holds and 1 where something does not
    Verify {
        /// The receipt, as the service gave it
        receipt: PathBuf,
        /// The service's public keys, as GET /v1/receipts/keys gives them
        #[arg(long, value_name = "KEYS.json")]
        keys: PathBuf,
        /// The return that was sent: the receipt must be for exactly this file, or folder as `submit` packs it
        #[arg(long, value_name = "UPLOAD")]
        file: Option<PathBuf>,
    },
}

pub(super) fn run(arguments: &ReceiptArguments) -> Result<ExitCode, Trouble> {
    let What::Verify { receipt, keys, file } = &arguments.what;
    let keys = KeySet::from_json(&text(keys)?)
        .map_err(|error| Trouble(format!("{} cannot be used: {error}", keys.display())))?;
    let (body, key) = match open::<ReceiptBody>(&bytes(receipt)?, &keys) {
        Ok(opened) => opened,
        Err(problem) => {
            say!("The receipt proves nothing: {problem}.");
            return Ok(ExitCode::from(DOES_NOT_HOLD));
        }
    };
    for sentence in sentences(&body, key) {
        say!("{sentence}");
    }
    let Some(file) = file else {
        say!("No file was given to compare; give the one that you sent with --file.");
        return Ok(ExitCode::SUCCESS);
    };
    let sent = package(std::slice::from_ref(file))?;
    let digest = Digest::of(&sent);
    if digest == body.file.sha256 && sent.len() as u64 == body.file.bytes {
        say!("The file {} is the one that was sent, byte for byte.", file.display());
        return Ok(ExitCode::SUCCESS);
    }
    say!(
        "The file {} is not the one that was sent: it has {} bytes and the SHA-256 {digest}.",
        file.display(),
        sent.len()
    );
    Ok(ExitCode::from(DOES_NOT_HOLD))
}

/// What a receipt whose signature holds says.
fn sentences(body: &ReceiptBody, key: SigningKeyId) -> Vec<String> {
    let second = |at: chrono::DateTime<chrono::Utc>| at.format("%-d %B %Y at %H:%M:%S UTC").to_string();
    let which = match (&body.collection, body.version) {
        (Some(collection), Some(version)) => format!(", version {version} of {collection},"),
        _ => String::new(),
    };
    let mut told = vec![
        format!("The receipt holds: it was signed with the key {key} and not altered since."),
        format!(
            "Authority {} sent a file of {} bytes with the SHA-256 {}, received on {}.",
            body.authority,
            body.file.bytes,
            body.file.sha256,
            second(body.received)
        ),
        format!("The return {}{which} became {} on {}.", body.id, body.decision, second(body.at)),
    ];
    if let Some(findings) = body.findings {
        told.push(format!(
            "Its check was made with the specification {} ({}), and found {} errors, {} queries and {} for information in {}.",
            body.specification_version.as_deref().unwrap_or("of no version"),
            body.specification_digest,
            findings.error,
            findings.query,
            findings.info,
            rows(&body.rows)
        ));
    } else if body.rejected_by.is_empty() {
        told.push(format!(
            "It was refused by no rule; the specification has the digest {}.",
            body.specification_digest
        ));
    } else {
        let codes = body.rejected_by.join(", ");
        told.push(format!(
            "It was refused by {codes} of the specification with the digest {}.",
            body.specification_digest
        ));
    }
    told.push(format!(
        "The decision is event {} of the service's history, with the digest {}; the program was {}.",
        body.event.sequence, body.event.digest, body.program
    ));
    told
}

fn rows(rows: &BTreeMap<String, u64>) -> String {
    let all: u64 = rows.values().sum();
    let tables: Vec<String> = rows.iter().map(|(table, count)| format!("{count} of {table}")).collect();
    if tables.is_empty() { "no rows".to_owned() } else { format!("{all} rows ({})", tables.join(", ")) }
}

fn bytes(path: &Path) -> Result<Vec<u8>, Trouble> {
    fs::read(path).map_err(|error| Trouble(format!("{} cannot be read: {error}", path.display())))
}

fn text(path: &Path) -> Result<String, Trouble> {
    String::from_utf8(bytes(path)?).map_err(|_| Trouble(format!("{} is not text", path.display())))
}
