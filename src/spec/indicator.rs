//! Reads views and indicators: one Markdown file each. `aggregate` says what their SQL must return.

use super::error::SpecificationError;
use super::files::SpecificationFiles;
use super::markdown::MarkdownFile;
use std::collections::BTreeMap;

/// SQL over the national tables whose result is a table for the views and indicators after it.
#[derive(Debug, Clone)]
pub struct View {
    /// The view's name in SQL; files run in the order of their names, `10_returns_home.md` is `returns_home`.
    pub name: String,
    pub sql: String,
    pub page: MarkdownFile,
}

/// One indicator: its head in TOML as text for `aggregate` to read, and its SQL.
#[derive(Debug, Clone)]
pub struct Indicator {
    pub id: String,
    pub label: String,
    /// The TOML of the head.
    pub head: toml::Table,
    pub sql: String,
    pub page: MarkdownFile,
}

pub(super) fn parse_views(files: &SpecificationFiles, id: &str) -> Result<Vec<View>, SpecificationError> {
    files
        .within(&format!("{id}/views"), ".md")
        .map(|(path, name, text)| {
            let page = MarkdownFile::parse(path, text)?;
            let sql = page.require("sql")?.text.clone();
            let name = name.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '_').to_owned();
            Ok(View { name, sql, page })
        })
        .collect()
}

pub(super) fn parse_all(
    files: &SpecificationFiles,
    id: &str,
) -> Result<BTreeMap<String, Indicator>, SpecificationError> {
    files
        .within(&format!("{id}/indicators"), ".md")
        .map(|(path, name, text)| {
            let page = MarkdownFile::parse(path, text)?;
            let fence = page.require("toml")?;
            let head: toml::Table = toml::from_str(&fence.text)
                .map_err(|error| SpecificationError::toml(path, fence.line - 1, &fence.text, &error))?;
            let sql = page.require("sql")?.text.clone();
            let label = page.title.clone();
            Ok((name.to_owned(), Indicator { id: name.to_owned(), label, head, sql, page }))
        })
        .collect()
}
