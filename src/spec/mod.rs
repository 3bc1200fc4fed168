//! Loads specifications and checks that they hang together: tables, fields, codes, the register, rules, indicators.
//!
//! A specification is a folder of small files; nothing here knows a particular collection. A file that is wrong stops
//! the program with its name and line. This room never reads a return and never runs a query (`engine` plans them,
//! `validate` and `aggregate` keep the plans). Any room above may call it; it calls `domain` only.

mod catalogue;
mod code_pages;
mod codes;
mod collection;
mod error;
mod files;
mod geography;
mod header;
mod indicator;
mod json_schema;
mod markdown;
mod model;
mod rule;
mod shape;

pub use catalogue::{catalogue_csv, catalogue_html, rule_html};
pub use code_pages::{codes_csv, codes_html, codes_text};
pub use error::SpecificationError;
pub use files::SpecificationFiles;
pub use header::HeaderFields;
pub use indicator::{Indicator, View};
pub use json_schema::{field_schema, schema_files, table_schema};
pub use markdown::{Fence, MarkdownFile};
pub use model::{Code, CodeList, Collection, Field, FieldType, Horizon, Limits, Parent, Publication, Table};
pub use rule::{CheckKind, Example, ExpectedFinding, Rule, Scope};
pub use shape::{NotConformed, arrow_type, code_columns, code_shape, conformed, others_shape, table_shape};

use crate::domain::authority::Register;
use crate::domain::digest::Digest;
use crate::domain::report::SpecificationStamp;
use std::collections::BTreeMap;

/// A loaded specification: everything that says what a return is, how it is checked and what is counted.
#[derive(Debug, Clone)]
pub struct Specification {
    /// The collection's name, also its folder: `reunification`.
    pub id: String,
    pub title: String,
    pub version: String,
    /// The collection that the examples in the rule and indicator files answer.
    pub examples_for: String,
    /// SHA-256 over every file of the specification, in the order of their paths.
    pub digest: Digest,
    pub horizon: Horizon,
    pub limits: Limits,
    /// What every release says of itself.
    pub publication: Publication,
    pub header: HeaderFields,
    /// The tables by which one child is recognised across authorities: of other authorities' returns, an authority's own
    /// figures rest on these and on nothing else.
    pub linkage: Vec<String>,
    /// The yearly collections, oldest first.
    pub collections: Vec<Collection>,
    /// In the order of the specification; rows and findings are reported in it.
    pub tables: Vec<Table>,
    pub codes: BTreeMap<String, CodeList>,
    pub register: Register,
    /// By code, in the order of their codes.
    pub rules: BTreeMap<String, Rule>,
    /// SQL that prepares the national tables for the indicators, in the order in which they run.
    pub views: Vec<View>,
    pub indicators: BTreeMap<String, Indicator>,
    pub files: SpecificationFiles,
}

impl Specification {
    /// The specification that is built into the program.
    pub fn embedded() -> Result<Self, SpecificationError> {
        Self::load(SpecificationFiles::embedded()?)
    }

    /// Loads a specification from its files and checks that every name in it means something.
    pub fn load(files: SpecificationFiles) -> Result<Self, SpecificationError> {
        let mut specification = collection::parse(&files)?;
        specification.codes = codes::parse_all(&files, &specification.id)?;
        specification.register = geography::parse(&files)?;
        specification.rules = rule::parse_all(&files, &specification)?;
        specification.views = indicator::parse_views(&files, &specification.id)?;
        specification.indicators = indicator::parse_all(&files, &specification.id)?;
        collection::check_names(&specification)?;
        Ok(specification)
    }

    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// A table by a name in any case, as people write file and sheet names.
    pub fn table_named(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name.eq_ignore_ascii_case(name.trim()))
    }

    pub fn collection(&self, id: &str) -> Option<&Collection> {
        self.collections.iter().find(|collection| collection.id.eq_ignore_ascii_case(id))
    }

    /// The collection of the latest year.
    pub fn latest(&self) -> Option<&Collection> {
        self.collections.last()
    }

    pub fn stamp(&self, collection: Option<&str>) -> SpecificationStamp {
        SpecificationStamp {
            id: self.id.clone(),
            version: self.version.clone(),
            digest: self.digest,
            collection: collection.map(str::to_owned),
        }
    }

    /// A file of the specification's own folder: `disclosure.toml`.
    pub fn file(&self, name: &str) -> Option<&str> {
        self.files.get(&format!("{}/{name}", self.id))
    }
}

#[cfg(test)]
mod tests;
