//! Where the name, end and duration of every transaction go: metrics, without this room knowing them.

use std::fmt::Debug;
use std::time::Duration;

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransactionEnd {
    Committed,
    RolledBack,
}

/// Told of every transaction of the ledger by its name.
pub trait TransactionObserver: Debug + Send + Sync {
    fn ended(&self, name: &'static str, end: TransactionEnd, took: Duration);
}

/// Listens to nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl TransactionObserver for NoObserver {
    fn ended(&self, _name: &'static str, _end: TransactionEnd, _took: Duration) {}
}
