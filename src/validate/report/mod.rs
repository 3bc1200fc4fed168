//! Reports in every form: JSON, text, CSV, HTML, XLSX. The same report gives the same bytes, wherever it is written.
//!
//! A report goes back to the authority whose return it is, so it may show values; what a P rule found is in none.

mod alike;
mod csv;
mod groups;
mod html;
mod json;
mod text;
mod xlsx;

pub use csv::csv;
pub(super) use groups::{key_phrase, place as place_phrase};
pub use html::html;
pub use json::{finding_value, json, json_value};
pub use text::text;
pub use xlsx::xlsx;

#[cfg(test)]
mod tests;
