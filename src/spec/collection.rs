//! Reads `collection.toml` and checks that the names in a specification mean something.

use super::error::SpecificationError;
use super::files::SpecificationFiles;
use super::header::HeaderFields;
use super::model::{Collection, FieldType, Horizon, Limits, Publication, Table};
use super::{CodeList, Specification};
use crate::domain::authority::Register;
use crate::domain::period::Period;
use chrono::NaiveDate;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CollectionFile {
    id: String,
    title: String,
    version: String,
    examples_for: String,
    horizon: Horizon,
    limits: Limits,
    publication: Publication,
    header: HeaderFields,
    #[serde(default)]
    linkage: Vec<String>,
    collections: Vec<CollectionYear>,
    tables: Vec<Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CollectionYear {
    id: String,
    year: i32,
    period_start: toml::value::Datetime,
    period_end: toml::value::Datetime,
    opens: toml::value::Datetime,
    deadline: toml::value::Datetime,
    #[serde(default)]
    signed_by_another: bool,
}

/// Reads the one `collection.toml` there is; codes, rules and indicators are added by their own readers.
pub(super) fn parse(files: &SpecificationFiles) -> Result<Specification, SpecificationError> {
    let (path, text) = files
        .iter()
        .find(|(path, _)| path.ends_with("/collection.toml"))
        .ok_or_else(|| SpecificationError::Missing { file: "collection.toml".to_owned() })?;
    let file: CollectionFile = toml::from_str(text).map_err(|error| SpecificationError::toml(path, 0, text, &error))?;
    if path != format!("{}/collection.toml", file.id) {
        return Err(SpecificationError::wrong(path, 1, format!("the id {} is not the name of its folder", file.id)));
    }
    let mut collections =
        file.collections.iter().map(|year| collection(path, text, year)).collect::<Result<Vec<_>, _>>()?;
    collections.sort_by_key(|collection| collection.year);
    Ok(Specification {
        id: file.id,
        title: file.title,
        version: file.version,
        examples_for: file.examples_for,
        digest: files.digest(),
        horizon: file.horizon,
        limits: file.limits,
        publication: file.publication,
        header: file.header,
        linkage: file.linkage,
        collections,
        tables: file.tables,
        codes: BTreeMap::new(),
        register: Register::default(),
        rules: BTreeMap::new(),
        views: Vec::new(),
        indicators: BTreeMap::new(),
        files: files.clone(),
    })
}

fn collection(path: &str, text: &str, year: &CollectionYear) -> Result<Collection, SpecificationError> {
    let day = |name: &str, value: &toml::value::Datetime| {
        value.to_string().parse::<NaiveDate>().map_err(|_| {
            let line = line_of(text, &year.id);
            SpecificationError::wrong(path, line, format!("{name} of {} is not a date", year.id))
        })
    };
    Ok(Collection {
        id: year.id.clone(),
        year: year.year,
        period: Period { start: day("period_start", &year.period_start)?, end: day("period_end", &year.period_end)? },
        opens: day("opens", &year.opens)?,
        deadline: day("deadline", &year.deadline)?,
        signed_by_another: year.signed_by_another,
    })
}

/// Keys, parents, dates and code lists of the tables all name things that are there.
pub(super) fn check_names(specification: &Specification) -> Result<(), SpecificationError> {
    let path = format!("{}/collection.toml", specification.id);
    let text = specification.files.require(&path)?;
    let wrong = |name: &str, problem: String| Err(SpecificationError::wrong(&path, line_of(text, name), problem));
    if specification.collection(&specification.examples_for).is_none() {
        return wrong(&specification.examples_for, "examples_for names no collection".to_owned());
    }
    if let Some(unknown) = specification.linkage.iter().find(|name| specification.table(name).is_none()) {
        return wrong(unknown, format!("linkage names {unknown}, which is not a table"));
    }
    let header = &specification.header;
    match specification.table(&header.table) {
        None => return wrong(&header.table, format!("[header] names {}, which is not a table", header.table)),
        Some(table) => {
            if let Some(name) = header.names().into_iter().find(|name| table.field(name).is_none()) {
                return wrong(name, format!("[header] names {name}, which is not a field of {}", table.name));
            }
        }
    }
    let mut seen = BTreeSet::new();
    for table in &specification.tables {
        if !seen.insert(&table.name) {
            return wrong(&table.name, format!("the table {} is given twice", table.name));
        }
        let named = table.key.iter().chain(table.dated_by.as_ref());
        for name in named.chain(table.parent.iter().flat_map(|parent| &parent.on)) {
            if table.field(name).is_none() {
                return wrong(&table.name, format!("the table {} has no field {name}", table.name));
            }
        }
        if let Some(parent) = &table.parent
            && specification.table(&parent.table).is_none()
        {
            return wrong(&table.name, format!("its parent {} is not a table", parent.table));
        }
        for field in &table.fields {
            let is_code = matches!(field.kind, FieldType::Code | FieldType::Codes);
            match &field.codes {
                Some(list) if list != "la" && !specification.codes.contains_key(list) => {
                    return wrong(
                        list,
                        format!("{}.{} names the code list {list}, which has no file", table.name, field.name),
                    );
                }
                None if is_code => {
                    return wrong(&field.name, format!("{}.{} names no code list", table.name, field.name));
                }
                _ => {}
            }
        }
    }
    check_read_as(specification.codes.values())
}

fn check_read_as<'a>(lists: impl Iterator<Item = &'a CodeList>) -> Result<(), SpecificationError> {
    for list in lists {
        for (index, code) in list.codes.iter().enumerate() {
            if let Some(target) = &code.read_as
                && list.get(target).is_none()
            {
                let file = format!("codes/{}.csv", list.name);
                return Err(SpecificationError::wrong(
                    &file,
                    index + 2,
                    format!("read_as names {target}, which is no code"),
                ));
            }
        }
    }
    Ok(())
}

/// The line on which a quoted name first stands; the first line when it does not.
fn line_of(text: &str, name: &str) -> usize {
    let quoted = format!("\"{name}\"");
    text.lines().position(|line| line.contains(&quoted)).map_or(1, |index| index + 1)
}
