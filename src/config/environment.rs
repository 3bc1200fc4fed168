//! The rule by which environment variables override the file.

use super::names::unknown;
use super::{Configuration, ConfigurationError, Source, Sources};
use toml::Value;

pub(super) const PREFIX: &str = "HOMEWARD_";

/// Puts each variable into the table: the first word after the prefix is the section, the rest the setting.
pub(super) fn apply(
    table: &mut toml::Table,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<Sources, ConfigurationError> {
    let mut sources = Sources::new();
    for (variable, value) in variables {
        let Some(name) = variable.strip_prefix(PREFIX) else { continue };
        let wrong =
            |problem: &str| ConfigurationError::Variable { variable: variable.clone(), problem: problem.to_owned() };
        let lower = name.to_ascii_lowercase();
        let (section, setting) =
            lower.split_once('_').ok_or_else(|| wrong("a variable is HOMEWARD_SECTION_NAME; this one has no name"))?;
        // Tried at once, so that the message names the variable at fault.
        let tried = |value: Value| {
            let mut tried = table.clone();
            let entry = tried.entry(section.to_owned()).or_insert_with(|| Value::Table(toml::Table::new()));
            let section = entry.as_table_mut().ok_or("the section is not a table in the file")?;
            section.insert(setting.to_owned(), value);
            match tried.clone().try_into::<Configuration>() {
                Ok(_) => Ok(tried),
                Err(error) => Err(error.message().to_owned()),
            }
        };
        // A text may look like a number: it is taken as one only where a number is wanted.
        let text = || Value::String(value.clone());
        *table =
            tried(typed(&value)).or_else(|problem: String| tried(text()).map_err(|_| problem)).map_err(|problem| {
                let problem = unknown(section, Some(setting)).unwrap_or(problem);
                wrong(&problem)
            })?;
        sources.insert((section.to_owned(), setting.to_owned()), Source::Environment { variable });
    }
    Ok(sources)
}

/// Whole numbers and truth values as such, everything else as text; a number with leading noughts is a text.
fn typed(value: &str) -> Value {
    match value.parse::<i64>() {
        Ok(number) if number.to_string() == value => Value::Integer(number),
        _ => match value {
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            text => Value::String(text.to_owned()),
        },
    }
}
