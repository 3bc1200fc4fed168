//! What is said about a query: errors, which refuse it, and warnings, which come with the answer.

use serde::Serialize;
use serde_json::{Value, json};

/// One thing about a query. Every member is always there, because clients read them as columns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Message {
    /// A sentence.
    pub message: String,
    /// Where: a JSONPath without its `$`, or the name of a parameter of the address.
    pub path: String,
    pub code: &'static str,
    /// What was found, and what is allowed where that can be listed. Always an object.
    pub detail: Value,
}

/// Why a query is refused.
pub type QueryError = Message;
/// What a reader of an answer should know.
pub type Warning = Message;

impl Message {
    fn new(code: &'static str, message: impl Into<String>, path: impl Into<String>, detail: Value) -> Self {
        Self { message: message.into(), path: path.into(), code, detail }
    }

    pub fn unknown_field(path: impl Into<String>, name: &str, known: &[&str]) -> Self {
        let message = "The field was not expected in the request and should be removed.";
        Self::new("UnknownField", message, path, json!({ "value": name, "allowed": known }))
    }

    pub fn invalid(path: impl Into<String>, expected: &str) -> Self {
        let message = "Must be a valid value. Check that the type and format are correct.";
        Self::new("InvalidValue", message, path, json!({ "expectedFormat": expected }))
    }

    pub(super) fn required(path: impl Into<String>, field: &str) -> Self {
        Self::new("RequiredValue", "A value is required for this field.", path, json!({ "field": field }))
    }

    pub(super) fn empty(path: impl Into<String>) -> Self {
        Self::new("NotEmpty", "Must not be empty.", path, json!({ "minLength": 1 }))
    }

    pub fn too_short(path: impl Into<String>, shortest: usize) -> Self {
        let message = format!("Must be {shortest} characters or more.");
        Self::new("MinimumLength", message, path, json!({ "minLength": shortest }))
    }

    pub(super) fn too_long(path: impl Into<String>, longest: usize) -> Self {
        let message = format!("Must be {longest} characters or fewer.");
        Self::new("MaximumLength", message, path, json!({ "maxLength": longest }))
    }

    pub fn not_allowed(path: impl Into<String>, value: &str, allowed: &[&str]) -> Self {
        let detail = json!({ "value": shortened(value), "allowed": allowed });
        Self::new("AllowedValue", "Must be one of the allowed values.", path, detail)
    }

    pub fn too_small(path: impl Into<String>, value: i64, least: i64) -> Self {
        let message = format!("Must be greater than or equal to {least}.");
        Self::new("GreaterThanOrEqual", message, path, json!({ "value": value, "comparisonValue": least }))
    }

    pub fn not_between(path: impl Into<String>, value: i64, from: u64, to: u64) -> Self {
        let message = format!("Must be between {from} and {to} (inclusive).");
        Self::new("InclusiveBetween", message, path, json!({ "value": value, "from": from, "to": to }))
    }

    pub(super) fn format(code: &'static str, what: &str, path: &str, value: &str, expected: &str) -> Self {
        let detail = json!({ "value": shortened(value), "expectedFormat": expected });
        Self::new(code, format!("Must be a {what} in the correct format."), path, detail)
    }

    pub(super) fn of_location(code: &'static str, message: &str, path: &str, value: &str, allowed: &[&str]) -> Self {
        Self::new(code, message, path, json!({ "value": shortened(value), "allowed": allowed }))
    }

    pub(super) fn period_code(path: impl Into<String>, value: &str, allowed: &[&str]) -> Self {
        let detail = json!({ "value": shortened(value), "allowedCodes": allowed });
        Self::new("TimePeriodAllowedCode", "Must be a time period with an allowed code.", path, detail)
    }

    pub(super) fn period_year(path: impl Into<String>, value: &str) -> Self {
        let (code, message) = if value.contains('/') {
            (
                "TimePeriodInvalidYearRange",
                "Must be a valid time period range where the start year is one year before the end year.",
            )
        } else {
            ("TimePeriodInvalidYear", "Must be a time period for a valid year.")
        };
        Self::new(code, message, path, json!({ "value": shortened(value) }))
    }

    pub(super) fn too_deep(path: impl Into<String>, deepest: usize) -> Self {
        let message = format!("Conditions may stand at most {deepest} deep within each other.");
        Self::new("CriteriaTooDeep", message, path, json!({ "maxDepth": deepest }))
    }

    pub(super) fn too_many(path: impl Into<String>, most: usize) -> Self {
        let message = format!("A query may have at most {most} conditions in all.");
        Self::new("CriteriaTooMany", message, path, json!({ "maxClauses": most }))
    }

    pub(super) fn too_many_items(path: impl Into<String>, most: usize) -> Self {
        Self::new(
            "TooManyItems",
            format!("A list may have at most {most} items here."),
            path,
            json!({ "maxItems": most }),
        )
    }

    pub(super) fn too_many_items_in_all(path: impl Into<String>, most: usize) -> Self {
        let message = format!("The lists of a query may have at most {most} items together.");
        Self::new("TooManyItemsInAll", message, path, json!({ "maxItems": most }))
    }

    pub(super) fn too_many_errors(most: usize) -> Self {
        let message = format!("More is wrong than the {most} errors that are told. Correct these and ask again.");
        Self::new("TooManyErrors", message, "$", json!({ "maxErrors": most }))
    }

    pub(in super::super) fn not_found(code: &'static str, what: &str, path: &str, items: Vec<Value>) -> Self {
        let message = format!("One or more {what} could not be found.");
        Self::new(code, message, path, json!({ "items": items }))
    }

    pub(in super::super) fn no_results() -> Self {
        let message = "The query did not match any results. You may need to refine your criteria.";
        Self::new("QueryNoResults", message, "criteria", json!({ "totalResults": 0 }))
    }

    pub(in super::super) fn debug_enabled() -> Self {
        let message = "Debug mode is enabled. Do not enable debug mode in a production environment.";
        Self::new("DebugEnabled", message, "debug", json!({ "value": true }))
    }
}

/// So much of a value that it can be recognised: an error is no echo of a megabyte.
fn shortened(value: &str) -> String {
    value.chars().take(60).collect()
}
