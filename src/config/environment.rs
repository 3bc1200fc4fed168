//! The rule by which environment variables override the file.

use super::names::unknown;
use super::{Configuration, ConfigurationError, Source, Sources};
use std::ffi::OsString;
use toml::Value;

pub(super) const PREFIX: &str = "HOMEWARD_";

/// Those that begin with the prefix, as text.
pub(super) fn concerning(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Vec<(String, String)>, ConfigurationError> {
    let ours = variables.into_iter().filter(|(name, _)| name.as_encoded_bytes().starts_with(PREFIX.as_bytes()));
    ours.map(|(name, value)| match (name.into_string(), value.into_string()) {
        (Ok(name), Ok(value)) => Ok((name, value)),
        (name, _) => Err(ConfigurationError::Variable {
            variable: name.unwrap_or_else(|name| name.to_string_lossy().into_owned()),
            problem: "its name or its value is not UTF-8 text; write it anew".to_owned(),
        }),
    })
    .collect()
}

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

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt as _;

    #[test]
    fn what_is_no_text_is_refused_and_others_are_left_alone() {
        let pair = |name: &[u8], value: &[u8]| (OsString::from_vec(name.to_vec()), OsString::from_vec(value.to_vec()));
        let taken = concerning([pair(b"PATH", b"\xff"), pair(b"HOMEWARD_LOG_FILTER", b"info")]).expect("is taken");
        assert_eq!(taken, [("HOMEWARD_LOG_FILTER".to_owned(), "info".to_owned())]);
        for (name, value) in [(&b"HOMEWARD_ENCRYPTION_KEYS"[..], &b"id:\xff"[..]), (b"HOMEWARD_\xff", b"1")] {
            let said = concerning([pair(name, value)]).expect_err("is refused").to_string();
            assert!(said.contains("HOMEWARD_") && said.contains("not UTF-8") && !said.contains("id:"), "{said}");
        }
    }
}
