//! `homeward spec`: checks a specification and writes what is generated from it.

use super::{Trouble, specifications};
use crate::api::openapi;
use crate::spec::{Specification, catalogue_csv, catalogue_html, codes_text, schema_files};
use crate::validate::Validator;
use crate::validate::examples::ExampleRunner;
use clap::{Args, Subcommand};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Check a specification and write what is generated from it
#[derive(Debug, Args)]
pub(super) struct SpecArguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Load it, plan every query and run every example
    Check,
    /// Show a rule's page: what it finds, why it matters, how to put it right, its query and its examples
    Rule {
        /// The rule's code, as a report gives it
        code: String,
    },
    /// Show the codes of a list with their labels and years; every list without its name
    Codes {
        /// The list, as a report names it: `ethnic`; or a field that takes it: `ETHNIC`
        list: Option<String>,
    },
    /// Write the catalogue of the rules as CSV and HTML
    Docs {
        #[arg(long, value_name = "FOLDER", default_value = "specs/reunification")]
        output: PathBuf,
        /// Write nothing; fail when what is there is not what would be written
        #[arg(long)]
        check: bool,
    },
    /// Write the JSON Schemas, one for each table and year, and the OpenAPI document
    Schemas {
        #[arg(long, value_name = "FOLDER", default_value = "schemas")]
        output: PathBuf,
        /// Write nothing; fail when what is there is not what would be written
        #[arg(long)]
        check: bool,
    },
}

pub(super) fn run(arguments: &SpecArguments, specs: Option<&Path>) -> Result<ExitCode, Trouble> {
    let specification = specifications::load(specs)?;
    match &arguments.what {
        What::Check => check(&specification),
        What::Rule { code } => show(&specification, code),
        What::Codes { list } => codes(&specification, list.as_deref()),
        What::Docs { output, check } => write(output, *check, documents(&specification)),
        What::Schemas { output, check } => write(output, *check, schemas(&specification)?),
    }
}

fn show(specification: &Specification, code: &str) -> Result<ExitCode, Trouble> {
    let rule = specification.rules.get(&code.to_ascii_uppercase()).ok_or_else(|| {
        let first = code.chars().next().map(|letter| letter.to_ascii_uppercase());
        let near = specification.rules.keys().filter(|known| known.chars().next() == first).cloned();
        let near: Vec<String> = near.collect();
        let codes = if near.is_empty() { specification.rules.keys().cloned().collect() } else { near };
        Trouble(format!("there is no rule {code}: give one of {}", codes.join(", ")))
    })?;
    match specification.files.get(&rule.page.path) {
        Some(page) => say!("{}", page.trim_end()),
        None => say!("# {}: {}\n\n{}\n\n{}", rule.code, rule.statement, rule.why, rule.cure),
    }
    Ok(ExitCode::SUCCESS)
}

fn codes(specification: &Specification, wanted: Option<&str>) -> Result<ExitCode, Trouble> {
    let of_field = |name: &str| {
        let fields = specification.tables.iter().flat_map(|table| &table.fields);
        fields.filter(|field| field.name.eq_ignore_ascii_case(name)).find_map(|field| field.codes.as_deref())
    };
    let name = wanted.map(|name| of_field(name).unwrap_or(name));
    let is_wanted = |list: &str| name.is_none_or(|name| name.eq_ignore_ascii_case(list));
    let lists: Vec<_> = specification.codes.values().filter(|list| is_wanted(&list.name)).collect();
    if lists.is_empty() {
        let known: Vec<&str> = specification.codes.keys().map(String::as_str).collect();
        return Err(Trouble(format!(
            "there is no list {}: give one of {}",
            wanted.unwrap_or_default(),
            known.join(", ")
        )));
    }
    let texts: Vec<String> = lists.into_iter().map(|list| codes_text(specification, list)).collect();
    say!("{}", texts.join("\n").trim_end());
    Ok(ExitCode::SUCCESS)
}

/// The schemas of the tables and of our own documents, and the OpenAPI document, by their names in `schemas/`.
fn schemas(specification: &Specification) -> Result<Vec<(String, String)>, Trouble> {
    let mut files: Vec<(String, String)> = schema_files(specification).into_iter().collect();
    files.push(("openapi.json".to_owned(), serde_json::to_string_pretty(&openapi())? + "\n"));
    Ok(files)
}

/// The generated documents, by their names in the specification's folder.
fn documents(specification: &Specification) -> Vec<(String, String)> {
    vec![
        ("catalogue.csv".to_owned(), catalogue_csv(specification)),
        ("catalogue.html".to_owned(), catalogue_html(specification)),
    ]
}

fn check(specification: &Arc<Specification>) -> Result<ExitCode, Trouble> {
    Validator::new(Arc::clone(specification))?.plan_all()?;
    let mismatches = ExampleRunner::new(specification)?.run_all();
    for mismatch in &mismatches {
        say!("{mismatch}");
    }
    let examples: usize = specification.rules.values().map(|rule| rule.examples.len()).sum();
    say!(
        "{} {}: {} tables, {} code lists, {} rules with {examples} examples, {} indicators; {} examples went wrong.",
        specification.title,
        specification.version,
        specification.tables.len(),
        specification.codes.len(),
        specification.rules.len(),
        specification.indicators.len(),
        mismatches.len()
    );
    say!("Digest {}", specification.digest);
    Ok(if mismatches.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes the files, or compares what is there with what would be written.
fn write(folder: &Path, check: bool, files: Vec<(String, String)>) -> Result<ExitCode, Trouble> {
    let mut drifted = 0;
    for (name, text) in &files {
        let path = folder.join(name);
        if fs::read_to_string(&path).is_ok_and(|there| there == *text) {
            continue;
        }
        drifted += 1;
        if check {
            say!("{} is not what the specification gives", path.display());
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, text)?;
        say!("{} was written", path.display());
    }
    say!("{} files, {drifted} of them {}.", files.len(), if check { "out of date" } else { "written anew" });
    Ok(if check && drifted > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
