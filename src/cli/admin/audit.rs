//! `homeward admin audit`: whether the history of the service is the one that was written, and a copy of it for others.

use crate::cli::{Trouble, encryption_keys, private_file};
use crate::config::Configuration;
use crate::domain::clock::{Clock as _, SystemClock};
use crate::domain::digest::Digest;
use crate::domain::evidence::{ChainedEvent, Checkpoint, KeySet, NotEvidence, ReceiptBody, Walk, open, seal};
use crate::store::{Anchor, Audit, DataFolder, audit, export, ledger_of_backup};
use clap::Subcommand;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The history is not the one that was written.
const DOES_NOT_HOLD: u8 = 1;
/// What a ledger is called while it lies open.
const LEDGER: &str = "ledger.sqlite";

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Walk the history and say the first event that is wrong; also beside a running service. Exits with 0 or 1
    Verify {
        /// The ledger's file, as of a backup (sealed ones with the configured keys); without it, that of the data folder
        #[arg(long, value_name = "FILE", conflicts_with = "export")]
        ledger: Option<PathBuf>,
        /// An export, in place of a ledger; it needs --keys
        #[arg(long, value_name = "FILE", requires = "keys")]
        export: Option<PathBuf>,
        /// Checkpoints or receipts that were kept elsewhere, one a line: the history must hold what they say
        #[arg(long, value_name = "FILE")]
        checkpoint: Vec<PathBuf>,
        /// The service's public keys as they were had from it before; without them, the ledger's own are believed
        #[arg(long, value_name = "KEYS.json")]
        keys: Option<PathBuf>,
    },
    /// Write the history as JSON lines, without the words of notes, and last a signed checkpoint of it
    Export {
        /// Where to; without it, to standard output
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

pub(super) async fn run(command: AuditCommand, configuration: &Configuration) -> Result<ExitCode, Trouble> {
    let folder = &configuration.service.data_folder;
    match command {
        AuditCommand::Export { output } => write(configuration, output.as_deref()).await,
        AuditCommand::Verify { ledger, export, checkpoint, keys } => {
            let keys = keys.as_deref().map(key_set).transpose()?;
            if let (Some(export), Some(keys)) = (export, &keys) {
                let anchors = anchors(&checkpoint, keys)?;
                return verify_export(&export, keys, &anchors);
            }
            let file = ledger.unwrap_or_else(|| DataFolder::ledger_file(folder));
            if !file.is_file() {
                return Err(Trouble(format!("there is no ledger at {}", file.display())));
            }
            let unsealed = unsealed(&file, configuration)?;
            let file = unsealed.as_ref().map_or(file, |folder| folder.path().join(LEDGER));
            let own = crate::store::keys_of(&file).await?;
            let anchors = anchors(&checkpoint, keys.as_ref().unwrap_or(&own))?;
            Ok(told(&audit(&file, &anchors, keys.as_ref()).await?))
        }
    }
}

/// A folder of this process alone with the ledger of a backup that is sealed: SQLite reads open files only. It is removed when
/// the walk is over. None where the ledger lies open.
fn unsealed(file: &Path, configuration: &Configuration) -> Result<Option<tempfile::TempDir>, Trouble> {
    if file.extension().is_none_or(|ending| ending != "sealed") {
        return Ok(None);
    }
    let keys = encryption_keys::read(&configuration.encryption)?;
    let unreadable = |error| Trouble(format!("{} cannot be read: {error}", file.display()));
    let ledger = ledger_of_backup(fs::read(file).map_err(unreadable)?, &keys)?;
    let folder = tempfile::tempdir()?;
    private_file::write(&folder.path().join(LEDGER), &ledger)?;
    Ok(Some(folder))
}

fn told(audit: &Audit) -> ExitCode {
    if let Some(fault) = &audit.fault {
        match fault.event {
            Some(event) => say!("Event {event} is wrong: {}.", fault.how),
            None => say!("The history and the ledger differ: {}.", fault.how),
        }
        say!("The {} events before hold.", audit.events.min(fault.event.map_or(audit.events, |event| event - 1)));
        return ExitCode::from(DOES_NOT_HOLD);
    }
    say!(
        "The history holds: {} events, the last with the digest {}; {} checkpoints and {} receipts agree with it.",
        audit.events,
        audit.head,
        audit.anchors,
        audit.receipts
    );
    ExitCode::SUCCESS
}

async fn write(configuration: &Configuration, output: Option<&Path>) -> Result<ExitCode, Trouble> {
    let folder = &configuration.service.data_folder;
    let signer = DataFolder::signer(folder, configuration.evidence.signing_key_file.as_deref())?;
    let mut out: Box<dyn Write + Send> = match output {
        Some(file) => Box::new(BufWriter::new(private_file::create(file)?)),
        None => Box::new(std::io::stdout()),
    };
    let walked = export(&DataFolder::ledger_file(folder), out.as_mut()).await?;
    let program = concat!("homeward ", env!("CARGO_PKG_VERSION")).to_owned();
    let checkpoint = Checkpoint { events: walked.events, head: walked.head, at: SystemClock.now(), program };
    writeln!(out, "{}", seal(&signer, &checkpoint))?;
    out.flush()?;
    eprintln!("{} events were written; the last line is their signed checkpoint.", walked.events);
    Ok(ExitCode::SUCCESS)
}

/// Walks the lines of an export; the last line is its checkpoint.
fn verify_export(file: &Path, keys: &KeySet, anchors: &[Anchor]) -> Result<ExitCode, Trouble> {
    let text =
        fs::read_to_string(file).map_err(|error| Trouble(format!("{} cannot be read: {error}", file.display())))?;
    let mut lines: Vec<&str> = text.lines().collect();
    let last = lines.pop().unwrap_or_default();
    let signed = match open::<Checkpoint>(last.as_bytes(), keys) {
        Ok((checkpoint, _)) => checkpoint,
        Err(problem) => {
            say!("The last line is not the checkpoint of an export: {problem}.");
            return Ok(ExitCode::from(DOES_NOT_HOLD));
        }
    };
    let mut walked = Walk::default();
    for (number, line) in lines.iter().enumerate() {
        let broken = |how: String| {
            say!("Line {} is wrong: {how}.", number + 1);
            Ok(ExitCode::from(DOES_NOT_HOLD))
        };
        let Some((event, digest)) = read_line(line) else { return broken("it is not an event".to_owned()) };
        if let Err(link) = walked.step(&event, digest) {
            return broken(link.to_string());
        }
        if let Some(anchor) = anchors.iter().find(|one| one.sequence == event.sequence && one.digest != digest) {
            return broken(format!("it is not the event of which {} speaks", anchor.told_by));
        }
    }
    let beyond = anchors.iter().find(|anchor| anchor.sequence > walked.events);
    if (walked.events, walked.head) != (signed.events, signed.head) || beyond.is_some() {
        say!(
            "The end was cut off: the export has {} events, and its checkpoint speaks of {}.",
            walked.events,
            signed.events
        );
        return Ok(ExitCode::from(DOES_NOT_HOLD));
    }
    say!("The export holds: {} events, signed on {}.", walked.events, signed.at.format("%F %T UTC"));
    Ok(ExitCode::SUCCESS)
}

fn read_line(line: &str) -> Option<(ChainedEvent, Digest)> {
    let value: serde_json::Value = serde_json::from_str(line).ok()?;
    let digest = value["digest"].as_str()?.parse().ok()?;
    Some((serde_json::from_value(value).ok()?, digest))
}

fn key_set(file: &Path) -> Result<KeySet, Trouble> {
    let unusable = |problem: String| Trouble(format!("{} cannot be used: {problem}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| unusable(error.to_string()))?;
    KeySet::from_json(&text).map_err(|error| unusable(error.to_string()))
}

/// What checkpoints and receipts that were kept elsewhere say. One that does not hold is no evidence, and said.
fn anchors(files: &[PathBuf], keys: &KeySet) -> Result<Vec<Anchor>, Trouble> {
    let mut anchors = Vec::new();
    for file in files {
        let unusable = |problem: String| Trouble(format!("{} cannot be used: {problem}", file.display()));
        let text = fs::read_to_string(file).map_err(|error| unusable(error.to_string()))?;
        for line in text.lines().filter(|line| !line.is_empty()) {
            let anchor = match open::<Checkpoint>(line.as_bytes(), keys) {
                Ok((checkpoint, _)) => Anchor {
                    sequence: checkpoint.events,
                    digest: checkpoint.head,
                    told_by: format!("the checkpoint of {} in {}", checkpoint.at.format("%F %T"), file.display()),
                },
                Err(NotEvidence::AnotherType { .. }) => {
                    let (body, _) =
                        open::<ReceiptBody>(line.as_bytes(), keys).map_err(|error| unusable(error.to_string()))?;
                    let told_by = format!("the receipt {}", file.display());
                    Anchor { sequence: body.event.sequence, digest: body.event.digest, told_by }
                }
                Err(problem) => return Err(unusable(problem.to_string())),
            };
            anchors.push(anchor);
        }
    }
    Ok(anchors)
}
