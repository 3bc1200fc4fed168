//! The page about functions for the people who write rules: `specs/FUNCTIONS.md`.

use super::FUNCTIONS;
use std::fmt::Write as _;

const OPENING: &str = include_str!("page.md");

/// The whole page, made from [`FUNCTIONS`].
pub fn page() -> String {
    let mut page = OPENING.trim_end().to_owned();
    page.push_str("\n\n| function | what it gives | example | answer |\n|---|---|---|---|\n");
    for function in &FUNCTIONS {
        let (call, answer) = function.example;
        let signature = function.signature();
        // Unwrap safety: writing to a String cannot fail, so the result carries nothing.
        let _ = writeln!(page, "| `{signature}` | {} | `{}` | `{answer}` |", function.gives, call.replace('|', "\\|"));
    }
    page
}
