//! `homeward admin retention` and `homeward admin authority`: what is deleted, and the proof of it.

use crate::cli::Trouble;
use crate::cli::running::retention;
use crate::config::Configuration;
use crate::domain::identifier::CertificateId;
use crate::flow::{Due, Retained, Service};
use crate::store::ClosedAccounts;
use clap::Subcommand;
use std::process::ExitCode;

/// Something that is called deleted is there, or the other way round.
const DOES_NOT_HOLD: u8 = 1;

#[derive(Debug, Subcommand)]
pub(super) enum RetentionCommand {
    /// Say what the policy is, what is due, and what was deleted
    Status,
    /// Delete what is due now, and finish what was interrupted; also beside a running service
    Run {
        /// Only say what would be deleted
        #[arg(long)]
        dry_run: bool,
    },
    /// Look whether all that is called deleted is gone, and nothing else is missing. Exits with 0 or 1
    Verify,
    /// List the objects of the archive that the ledger does not know, as the service noted them. They are kept
    Unknown,
    /// Delete the objects that `unknown` lists, for good
    DeleteUnknown {
        /// Why; it stands in the history
        #[arg(long)]
        reason: String,
        /// How many `unknown` listed
        #[arg(long, value_name = "NUMBER")]
        confirm: u64,
    },
    /// Print a signed certificate of deletion
    Certificate {
        /// The certificate's id
        id: CertificateId,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum AuthorityCommand {
    /// Delete every original, table, report and explanation of an authority for good, end its keys and disable its people;
    /// counts, receipts and history stay
    Remove {
        /// The authority's three-digit code
        code: String,
        /// Why; it stands in the certificate
        #[arg(long)]
        reason: String,
        /// The same code once more
        #[arg(long, value_name = "CODE")]
        confirm: String,
    },
}

pub(super) async fn run(
    command: RetentionCommand,
    configuration: &Configuration,
    service: &Service,
) -> Result<ExitCode, Trouble> {
    let section = &configuration.retention;
    let (policy, _) = retention(section);
    match command {
        RetentionCommand::Status => {
            say!(
                "Originals are kept {} days after the last decision, ended versions {} days, undecided ones {} days, accepted \
                 ones {} years; who read what {} days; ended sessions and keys {} days; names of people who were disabled {} days; receipts and \
                 history for ever.",
                section.originals_days,
                section.ended_days,
                section.undecided_days,
                section.accepted_years,
                section.accesses_days,
                section.keys_days,
                section.people_days
            );
            tell_due(&service.due(&policy).await?);
            let (done, open, certificates) = service.deletion_counts().await?;
            say!(
                "{done} objects were deleted under {} certificates; {open} deletions are not finished.",
                certificates.len()
            );
            for (id, at) in certificates {
                say!("{id}  {}", at.format("%F %T UTC"));
            }
            Ok(ExitCode::SUCCESS)
        }
        RetentionCommand::Run { dry_run: true } => {
            let due = service.due(&policy).await?;
            for (rule, objects) in &due {
                for object in objects {
                    say!("{}  authority {}  {} bytes  {rule}", object.name, object.authority, object.bytes);
                }
            }
            tell_due(&due);
            Ok(ExitCode::SUCCESS)
        }
        RetentionCommand::Run { dry_run: false } => {
            let retained = service.retain(&policy).await?;
            let Retained { finished, deleted, overdue, certificates, lines_removed, unknown_deleted } = retained;
            say!(
                "{deleted} objects were deleted, {finished} of them finished from a run before; {lines_removed} lines removed."
            );
            for certificate in certificates {
                say!("Certificate {}", certificate.id);
            }
            if unknown_deleted > 0 {
                say!("{unknown_deleted} objects were deleted that the ledger does not know.");
            }
            if overdue > 0 {
                say!(
                    "Of {overdue} returns and people something is due and could not be deleted; the log says why. Run it again."
                );
                return Ok(ExitCode::from(DOES_NOT_HOLD));
            }
            Ok(ExitCode::SUCCESS)
        }
        RetentionCommand::Verify => {
            let verified = service.verify_deletions().await?;
            for sentence in &verified.wrong {
                say!("Wrong: {sentence}.");
            }
            say!(
                "{} deletions are done and what they name is gone; {} certificates hold.",
                verified.gone,
                verified.certificates
            );
            Ok(if verified.wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(DOES_NOT_HOLD) })
        }
        RetentionCommand::Unknown => {
            let unknown = service.unknown_objects().await?;
            for object in &unknown {
                let (name, since) = (&object.name, object.noted.format("%F %T UTC"));
                say!("{name}  noted {since}  seen on {} days since", object.days);
            }
            say!(
                "The ledger does not know {} objects. They are kept until it has seen {} days pass, and are whole again as \
                 soon as the ledger is back that knows them.",
                unknown.len(),
                section.unknown_days
            );
            Ok(ExitCode::SUCCESS)
        }
        RetentionCommand::DeleteUnknown { reason, confirm } => {
            let deleted = service.delete_unknown(confirm, &reason).await?;
            say!("{deleted} objects were deleted that the ledger does not know.");
            Ok(ExitCode::SUCCESS)
        }
        RetentionCommand::Certificate { id } => {
            say_on!("{}", service.certificate(id).await?.envelope);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn tell_due(due: &Due) {
    if due.is_empty() {
        say!("Nothing is due.");
    }
    for (rule, objects) in due {
        let bytes: u64 = objects.iter().map(|object| object.bytes).sum();
        say!("{} objects of {bytes} bytes are due: {rule}.", objects.len());
    }
}

pub(super) async fn authority(command: AuthorityCommand, service: &Service) -> Result<ExitCode, Trouble> {
    let AuthorityCommand::Remove { code, reason, confirm } = command;
    let removed = service.remove_data_of(&code, &confirm, &reason, None).await?;
    let ClosedAccounts { keys, people, contacts } = removed.closed;
    say!("{keys} keys and sessions were ended, {people} people disabled, {contacts} addresses for reminders removed.");
    match removed.certificate {
        None => say!("Of authority {code} there is nothing left to delete."),
        Some(certificate) => {
            say!("{} objects of authority {code} were deleted under certificate {}:", removed.objects, certificate.id);
            say!("{}", certificate.envelope);
        }
    }
    if removed.undecided > 0 {
        say!("{} uploads are being decided at the moment; remove again when they are.", removed.undecided);
    }
    Ok(ExitCode::SUCCESS)
}
