//! What every ledger and every archive must do, whatever they are made of. A further backend is one line in `backends`.

mod archive;
mod backends;
mod ledger_collections;
mod ledger_confirmations;
mod ledger_explanations;
mod ledger_keys;
mod ledger_moves;
mod ledger_people;
mod ledger_reception;
mod ledger_releases;
pub(super) mod made;

use super::{Archive, Ledger};
use futures::future::BoxFuture;

/// A case that is given an empty ledger.
type LedgerCase = (&'static str, for<'a> fn(&'a dyn Ledger) -> BoxFuture<'a, ()>);
/// A case that is given an empty archive.
type ArchiveCase = (&'static str, for<'a> fn(&'a dyn Archive) -> BoxFuture<'a, ()>);

/// Every case for ledgers.
fn ledger_cases() -> impl Iterator<Item = LedgerCase> {
    let topics = [
        ledger_keys::ALL,
        ledger_people::ALL,
        ledger_confirmations::ALL,
        ledger_reception::ALL,
        ledger_moves::ALL,
        ledger_explanations::ALL,
        ledger_collections::ALL,
        ledger_releases::ALL,
    ];
    topics.into_iter().flatten().copied()
}
