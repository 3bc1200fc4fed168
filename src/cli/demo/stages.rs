//! How long each stage of the demonstration took, and its share of the whole.

use std::fmt;
use std::time::{Duration, Instant};

/// Times the stages one after the other.
#[derive(Debug)]
pub(super) struct Stages {
    begun: Instant,
    done: Vec<(&'static str, Duration)>,
}

impl Stages {
    pub(super) fn begin() -> Self {
        Self { begun: Instant::now(), done: Vec::new() }
    }

    /// Ends a stage: it took the time since the last one ended.
    pub(super) fn end(&mut self, name: &'static str) {
        let before: Duration = self.done.iter().map(|(_, took)| *took).sum();
        self.done.push((name, self.begun.elapsed().saturating_sub(before)));
    }
}

impl fmt::Display for Stages {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole: f64 = self.done.iter().map(|(_, took)| took.as_secs_f64()).sum();
        for (name, took) in &self.done {
            let seconds = took.as_secs_f64();
            let share = if whole > 0.0 { 100.0 * seconds / whole } else { 0.0 };
            writeln!(out, "  {name:<38} {seconds:>7.1} s {share:>4.0}%")?;
        }
        writeln!(out, "  {:<38} {whole:>7.1} s", "together")
    }
}
