//! The rule by which environment variables override the file.

use super::ConfigurationError;

pub(super) const PREFIX: &str = "HOMEWARD_";

/// Puts each variable into the table: the first word after the prefix is the section, the rest the field.
pub(super) fn apply(
    table: &mut toml::Table,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<(), ConfigurationError> {
    for (variable, value) in variables {
        let Some(name) = variable.strip_prefix(PREFIX) else { continue };
        let wrong =
            |problem: &str| ConfigurationError::Variable { variable: variable.clone(), problem: problem.to_owned() };
        let lower = name.to_ascii_lowercase();
        let (section, field) = lower
            .split_once('_')
            .ok_or_else(|| wrong("a variable is HOMEWARD_SECTION_FIELD; this one has no field"))?;
        let entry = table.entry(section.to_owned()).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        let section = entry.as_table_mut().ok_or_else(|| wrong("the section is not a table in the file"))?;
        section.insert(field.to_owned(), typed(&value));
        // Tried at once, so that the message names the variable at fault.
        table.clone().try_into::<super::Configuration>().map_err(|error| wrong(error.message()))?;
    }
    Ok(())
}

/// Whole numbers and truth values as such, everything else as text.
fn typed(value: &str) -> toml::Value {
    if let Ok(number) = value.parse::<i64>() {
        return toml::Value::Integer(number);
    }
    match value {
        "true" => toml::Value::Boolean(true),
        "false" => toml::Value::Boolean(false),
        text => toml::Value::String(text.to_owned()),
    }
}
