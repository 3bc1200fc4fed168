//! What the tables of one upload take together while they are read.

use std::cell::Cell;

/// Counts that every table of an upload adds to.
#[derive(Debug, Default)]
pub(super) struct Held {
    memory: Cell<u64>,
    text: Cell<u64>,
}

impl Held {
    /// Adds bytes of memory; the sum so far.
    pub(super) fn add_memory(&self, bytes: u64) -> u64 {
        add(&self.memory, bytes)
    }

    /// Adds bytes of text that cells of workbooks were given, each as often as a cell repeats it; the sum so far.
    pub(super) fn add_text(&self, bytes: u64) -> u64 {
        add(&self.text, bytes)
    }
}

fn add(sum: &Cell<u64>, bytes: u64) -> u64 {
    sum.set(sum.get().saturating_add(bytes));
    sum.get()
}
