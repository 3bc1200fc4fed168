//! The OpenAPI document as it is served: what follows from the shape of an address is added to what its handler says, and
//! the schemas of our own documents are those that are checked in under `schemas/`.
//!
//! A handler lists what it answers itself: its successes, and for each status of its own the codes of its problems, as
//! `(status = 409, description = "wrong-state")`. What every address with a key, a body or a parameter may answer is
//! written here once. Each status stands alone, never as a range, so that a client knows what can come.

use super::problems::{ALL, ProblemKind};
use super::views::FindingsPage;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use utoipa::openapi::schema::{Object, OneOf, Schema};
use utoipa::openapi::{OpenApi, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// The report of a check, by the name of its schema.
#[derive(Debug)]
pub(super) enum ReportDocument {}

/// What changed between two versions of a return, by the name of its schema.
#[derive(Debug)]
pub(super) enum ChangesDocument {}

/// The signed receipt of a decision, by the name of its schema.
#[derive(Debug)]
pub(super) enum ReceiptDocument {}

/// The findings of a return: the whole report, or a page of them.
#[derive(Debug)]
pub(super) enum FindingsAnswer {}

impl PartialSchema for ReportDocument {
    fn schema() -> RefOr<Schema> {
        Object::new().into()
    }
}

impl ToSchema for ReportDocument {
    fn name() -> Cow<'static, str> {
        "Report".into()
    }
}

impl PartialSchema for ChangesDocument {
    fn schema() -> RefOr<Schema> {
        Object::new().into()
    }
}

impl ToSchema for ChangesDocument {
    fn name() -> Cow<'static, str> {
        "ReturnChanges".into()
    }
}

impl PartialSchema for ReceiptDocument {
    fn schema() -> RefOr<Schema> {
        Object::new().into()
    }
}

impl ToSchema for ReceiptDocument {
    fn name() -> Cow<'static, str> {
        "SignedReceipt".into()
    }
}

impl PartialSchema for FindingsAnswer {
    fn schema() -> RefOr<Schema> {
        OneOf::builder().item(Ref::from_schema_name("Report")).item(Ref::from_schema_name("FindingsPage")).into()
    }
}

impl ToSchema for FindingsAnswer {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push(("FindingsPage".to_owned(), FindingsPage::schema()));
        FindingsPage::schemas(schemas);
    }
}

/// The schemas that stand in place of the three above.
const OWN_SCHEMAS: [(&str, &str); 3] = [
    ("Report", include_str!("../../schemas/report.schema.json")),
    ("ReturnChanges", include_str!("../../schemas/changes.schema.json")),
    ("SignedReceipt", include_str!("../../schemas/receipt.schema.json")),
];

const PROBLEM: &str = "application/problem+json";
const JSON: &str = "application/json";
const FILE: &str = "application/octet-stream";

/// The whole document.
pub(super) fn complete(document: &OpenApi) -> Value {
    // A document of texts, numbers and lists always serialises.
    let mut document = serde_json::to_value(document).unwrap_or_default();
    if let Some(paths) = document["paths"].as_object_mut() {
        let addresses = std::mem::take(paths).into_iter();
        // `{*name}` is how the router writes a name with slashes in it.
        *paths = addresses.map(|(path, item)| (path.replace("{*", "{"), item)).collect();
        let operations = paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut);
        for operation in operations.filter(|one| one.get("responses").is_some()) {
            complete_operation(operation);
        }
    }
    for (name, text) in OWN_SCHEMAS {
        document["components"]["schemas"][name] = own_schema(name, text);
    }
    optional_bodies(&mut document);
    document
}

/// A schema of a file, with its references led to where it stands in the document.
fn own_schema(name: &str, text: &str) -> Value {
    let moved = text.replace("\"#/$defs/", &format!("\"#/components/schemas/{name}/$defs/"));
    let mut schema: Value = serde_json::from_str(&moved).unwrap_or_default();
    if let Some(members) = schema.as_object_mut() {
        members.shift_remove("$id");
        members.shift_remove("$schema");
    }
    schema
}

fn complete_operation(operation: &mut Value) {
    let mut answers: BTreeMap<String, Value> = BTreeMap::new();
    let said = operation["responses"].as_object().cloned().unwrap_or_default();
    for (status, answer) in said.into_iter().filter(|(status, _)| !status.ends_with("XX")) {
        let failed = status.parse().ok().filter(|number: &u16| *number >= 400);
        answers.insert(status, failed.map_or(answer.clone(), |number| problem(number, &own_codes(&answer, number))));
    }
    // Whatever takes a key takes the cookie of somebody who signed in.
    let ways = operation.get_mut("security").and_then(Value::as_array_mut);
    if let Some(ways) = ways.filter(|ways| ways.contains(&json!({ "key": [] }))) {
        ways.push(json!({ "session": [] }));
    }
    for status in standing(operation, &answers) {
        let of_status: Vec<&ProblemKind> = ALL.iter().filter(|kind| kind.status == status && stands(kind)).collect();
        let answer = || problem(status, &of_status);
        answers.entry(status.to_string()).or_insert_with(answer);
    }
    operation["responses"] = answers.into_iter().collect::<Map<String, Value>>().into();
}

/// All but those that belong to a few addresses, which say so themselves.
fn stands(kind: &ProblemKind) -> bool {
    const OWN: [&str; 8] = [
        "second-person-needed",
        "author-may-not-sign",
        "own-roles",
        "not-yours-to-give",
        "sign-in-failed",
        "person-unknown",
        "sign-in-unavailable",
        "too-many-uploads",
    ];
    !OWN.contains(&kind.code)
}

/// The kinds of problem that a handler named in an answer's description.
fn own_codes(answer: &Value, status: u16) -> Vec<&'static ProblemKind> {
    let described = answer["description"].as_str().unwrap_or_default();
    let named: Vec<&str> = described.split(", ").collect();
    let found: Vec<&ProblemKind> = ALL.iter().filter(|kind| named.contains(&kind.code)).collect();
    if found.is_empty() { ALL.iter().filter(|kind| kind.status == status && stands(kind)).collect() } else { found }
}

/// The statuses that follow from the shape of an operation.
fn standing(operation: &Value, answers: &BTreeMap<String, Value>) -> Vec<u16> {
    // Every request counts for its address.
    let mut statuses = vec![429, 500, 503];
    let is_in = |place: &str| {
        let parameters = operation["parameters"].as_array();
        parameters.is_some_and(|all| all.iter().any(|one| one["in"] == place))
    };
    let body = operation["requestBody"]["content"].as_object();
    if is_in("query") || is_in("header") || body.is_some() {
        statuses.push(400);
    }
    if is_in("path") {
        statuses.push(404);
    }
    if operation["tags"][0] == "data sets" {
        statuses.push(504);
    }
    if body.is_some() {
        statuses.extend([408, 413, 415]);
    }
    if let Some(ways) = operation["security"].as_array().filter(|ways| !ways.is_empty()) {
        statuses.push(401);
        let open = ways.iter().any(|way| way.as_object().is_some_and(Map::is_empty));
        if !open {
            statuses.push(403);
        }
    }
    let forms = answers.iter().filter(|(status, _)| status.starts_with('2')).map(|(_, answer)| &answer["content"]);
    if forms.filter_map(Value::as_object).any(|content| content.len() > 1) {
        statuses.push(406);
    }
    statuses
}

/// A problem document as an answer, described by the kinds that it may be of.
fn problem(status: u16, kinds: &[&ProblemKind]) -> Value {
    let described: Vec<String> = kinds.iter().map(|kind| format!("`{}`: {}", kind.code, kind.title)).collect();
    let mut answer = json!({
        "description": described.join("; "),
        "content": { PROBLEM: { "schema": { "$ref": "#/components/schemas/Problem" } } }
    });
    let told = match status {
        401 => Some(("WWW-Authenticate", "`Bearer`", "string")),
        429 | 503 => Some(("Retry-After", "Seconds to wait", "integer")),
        _ => None,
    };
    if let Some((name, description, kind)) = told {
        answer["headers"] = json!({ name: { "description": description, "schema": { "type": kind } } });
    }
    answer
}

/// A body of which nothing has to be said may be left out, and no bytes at all are a file like any other: an empty one.
fn optional_bodies(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    let Some(paths) = document["paths"].as_object_mut() else { return };
    let operations = paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    for body in operations.filter_map(|operation| operation.get_mut("requestBody")) {
        let schema = &body["content"][JSON]["schema"];
        let name = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()).unwrap_or_default();
        let demands = schemas[name]["required"].as_array().is_some_and(|names| !names.is_empty());
        let is_file = body["content"].get(FILE).is_some();
        if is_file || !demands {
            body["required"] = false.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_names_the_kinds_that_the_handler_named_and_else_those_of_its_status() {
        let codes = |description: &str, status| -> Vec<&str> {
            let answer = json!({ "description": description });
            own_codes(&answer, status).into_iter().map(|kind| kind.code).collect()
        };
        assert_eq!(codes("wrong-state, not-ready-to-sign", 409), ["wrong-state", "not-ready-to-sign"]);
        assert_eq!(codes("", 404), ["not-found"]);
    }

    #[test]
    fn what_needs_a_key_says_so_and_what_has_two_forms_may_refuse_a_third() {
        let mut operation = json!({
            "responses": {
                "200": { "content": { "text/csv": {}, "text/html": {} } },
                "4XX": { "description": "" }
            },
            "security": [{ "key": [] }]
        });
        complete_operation(&mut operation);
        let statuses: Vec<&String> = operation["responses"].as_object().expect("answers").keys().collect();
        assert_eq!(statuses, ["200", "401", "403", "406", "429", "500", "503"]);
        assert_eq!(operation["responses"]["429"]["headers"]["Retry-After"]["schema"]["type"], "integer");
    }
}
