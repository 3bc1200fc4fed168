//! `homeward admin collection` and `homeward admin contact`: how far a collection is, what is decided about it, and who is
//! reminded beside the people who have an account.

use super::{Beside, Trouble};
use crate::domain::clock::Clock as _;
use crate::domain::collecting::CollectionMove;
use crate::domain::local_time::local_day;
use crate::flow::{
    CollectionRequest, CollectionStatus, Coverage, Standing, add_contact, collection_status, coverage_at,
    decide_collection, list_contacts, remove_contact,
};
use chrono::{DateTime, NaiveDate, Utc};
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum CollectionCommand {
    /// Show where a collection stands: its state, its deadlines, who sent what, and who is missing
    Show {
        /// The collection: its name as `/v1/collections` lists it
        collection: String,
        /// At this moment (RFC 3339); now without it
        #[arg(long, value_name = "TIME")]
        as_of: Option<DateTime<Utc>>,
    },
    /// Open a collection for everybody, before its calendar's day or again
    Open {
        collection: String,
        /// Why; others read it
        #[arg(long)]
        reason: String,
    },
    /// Close a collection: what is not signed by now no longer can be
    Close {
        collection: String,
        /// Why; others read it
        #[arg(long)]
        reason: String,
    },
    /// Extend the deadline of an open collection
    Extend {
        collection: String,
        /// The last day on which a return is on time, as 2026-07-31; it ends as that day does in Europe/London
        #[arg(long, value_name = "DAY")]
        deadline: NaiveDate,
        /// The one authority that it is for, by either code; for everybody without it
        #[arg(long, value_name = "CODE")]
        authority: Option<String>,
        /// Why; others read it
        #[arg(long)]
        reason: String,
    },
    /// Reopen a closed collection for one authority
    Reopen {
        collection: String,
        /// The authority, by either code
        #[arg(long, value_name = "CODE")]
        authority: String,
        /// The last day, as 2026-09-30; it ends as that day does in Europe/London
        #[arg(long, value_name = "DAY")]
        until: NaiveDate,
        /// Why; others read it
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ContactCommand {
    /// Add an e-mail address to which reminders go
    Add {
        /// The authority, by either code, or `department`
        organisation: String,
        address: String,
    },
    /// Remove an address
    Remove {
        /// The authority, by either code, or `department`
        organisation: String,
        address: String,
    },
    /// List the addresses that were added
    List,
}

pub(super) async fn run(command: CollectionCommand, beside: &Beside) -> Result<ExitCode, Trouble> {
    let Beside { ledger, specification, clock, .. } = beside;
    let (name, request) = match command {
        CollectionCommand::Show { collection, as_of } => {
            let found = specification.collection(&collection);
            let found = found.ok_or_else(|| Trouble(format!("there is no collection {collection}")))?;
            let as_of = as_of.unwrap_or_else(|| clock.now());
            show(&collection_status(ledger, found, None, as_of).await?);
            cover(&coverage_at(ledger, specification, found, as_of).await?);
            return Ok(ExitCode::SUCCESS);
        }
        CollectionCommand::Open { collection, reason } => {
            let step = CollectionMove::Open;
            (collection, CollectionRequest { step, authority: None, last_day: None, reason })
        }
        CollectionCommand::Close { collection, reason } => {
            let step = CollectionMove::Close;
            (collection, CollectionRequest { step, authority: None, last_day: None, reason })
        }
        CollectionCommand::Extend { collection, deadline, authority, reason } => {
            let step = CollectionMove::Extend;
            (collection, CollectionRequest { step, authority, last_day: Some(deadline), reason })
        }
        CollectionCommand::Reopen { collection, authority, until, reason } => {
            let step = CollectionMove::Reopen;
            (collection, CollectionRequest { step, authority: Some(authority), last_day: Some(until), reason })
        }
    };
    let found = specification.collection(&name).ok_or_else(|| Trouble(format!("there is no collection {name}")))?;
    decide_collection(ledger, specification, clock, &found.id, request, None).await?;
    show(&collection_status(ledger, found, None, clock.now()).await?);
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn contacts(command: ContactCommand, beside: &Beside) -> Result<ExitCode, Trouble> {
    let Beside { ledger, specification, clock, .. } = beside;
    let register = &specification.register;
    match command {
        ContactCommand::Add { organisation, address } => {
            let added = add_contact(ledger, register, clock, &organisation, &address).await?;
            say!("Reminders for {} go to {} as well.", added.organisation, added.address);
        }
        ContactCommand::Remove { organisation, address } => {
            let removed = remove_contact(ledger, register, clock, &organisation, &address).await?;
            say!("Reminders for {} no longer go to {}.", removed.organisation, removed.address);
        }
        ContactCommand::List => {
            for contact in list_contacts(ledger).await? {
                say!("{:<10}  {}", contact.organisation, contact.address);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(status: &CollectionStatus) {
    let CollectionStatus { collection, state, deadline, .. } = status;
    let since = status.closed_since.map(|at| format!(" since {}", local_day(at))).unwrap_or_default();
    say!("{} is {state}{since}. It opens on {}; its deadline is {deadline}.", collection.id, collection.opens);
    for one in &status.exceptions {
        let until = one.until.map(|day| format!(", taken until {day}")).unwrap_or_default();
        say!("  authority {}: deadline {}{until}", one.authority, one.deadline);
    }
    for one in &status.decisions {
        let authority = one.decided.authority.as_ref().map(|code| format!(" for {code}")).unwrap_or_default();
        let day = one.decided.last_day.map(|day| format!(" until {day}")).unwrap_or_default();
        say!("  {} {}{authority}{day}: {}", local_day(one.decided.at), one.decided.step, one.reason);
    }
}

fn cover(coverage: &Coverage) {
    say!(
        "  {:<26} {:>9} {:>9} {:>8} {:>5} {:>7} {:>9} {:>8}",
        "",
        "expected",
        "received",
        "on time",
        "late",
        "signed",
        "accepted",
        "missing"
    );
    for row in std::iter::once(&coverage.england).chain(&coverage.regions) {
        say!(
            "  {:<26} {:>9} {:>9} {:>8} {:>5} {:>7} {:>9} {:>8}",
            row.name,
            row.expected,
            row.received,
            row.on_time,
            row.late,
            row.signed,
            row.accepted,
            row.missing
        );
    }
    let named = |wanted: &dyn Fn(&crate::flow::AuthorityCoverage) -> bool| {
        let names = coverage.authorities.iter().filter(|one| wanted(one)).map(|one| one.authority.name.as_str());
        names.collect::<Vec<_>>().join("; ")
    };
    for (heading, names) in [
        ("Missing", named(&|one| one.standing == Standing::Missing)),
        ("Late", named(&|one| one.late)),
        ("Signed and not accepted", named(&|one| one.unaccepted.is_some())),
    ] {
        if !names.is_empty() {
            say!("{heading}: {names}");
        }
    }
}
