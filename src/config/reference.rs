//! Every setting with what it is, its default and its variable: read from the sample file, which is inside the program.
//!
//! A test holds the sample to the structs and their comments, so this covers a section as soon as it is there.

use super::environment::PREFIX;
use std::fmt::Write as _;

const SAMPLE: &str = include_str!("../../deploy/homeward.toml");

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    pub section: String,
    pub name: String,
    /// What it is, as sentences.
    pub text: String,
    /// As TOML; none where nothing is set without it.
    pub default: Option<String>,
    /// As TOML, where there is no default.
    pub example: Option<String>,
}

impl Setting {
    /// The environment variable that sets it.
    pub fn variable(&self) -> String {
        variable(&self.section, &self.name)
    }
}

pub(super) fn variable(section: &str, name: &str) -> String {
    format!("{PREFIX}{section}_{name}").to_ascii_uppercase()
}

/// Every setting, in the order of the sample file.
pub fn reference() -> Vec<Setting> {
    let mut settings = Vec::new();
    let (mut section, mut text) = (String::new(), Vec::new());
    for line in SAMPLE.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut section);
            text.clear();
        } else if let Some((name, value)) = assignment(line) {
            let text = std::mem::take(&mut text).join(" ");
            settings.push(Setting { section: section.clone(), name, text, default: Some(value), example: None });
        } else if let Some(comment) = line.strip_prefix('#').map(str::trim) {
            match assignment(comment) {
                Some((name, value)) => {
                    let text = std::mem::take(&mut text).join(" ");
                    settings.push(Setting {
                        section: section.clone(),
                        name,
                        text,
                        default: None,
                        example: Some(value),
                    });
                }
                None => text.push(comment),
            }
        } else {
            text.clear();
        }
    }
    settings
}

/// `name = value`, where the name is written as settings are.
fn assignment(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(" = ")?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_name.then(|| (name.to_owned(), value.to_owned()))
}

/// The page of all settings, as `deploy/CONFIGURATION.md` holds it.
pub fn page() -> String {
    let mut page = String::from(
        "# Every setting\n\n\
         Written by `homeward config reference`; a test compares. The same as a file: [`homeward.toml`](homeward.toml).\n\n\
         The file is named with `--config FILE`. A variable of the environment takes the place of what the file says, by one\n\
         rule: `HOMEWARD_SECTION_NAME`. What neither names has its default. An unknown section, setting or variable is refused\n\
         with its line. `homeward config show --sources` tells what is in force and where each value came from, and\n\
         `homeward config check FILE` says all that a start would refuse of a file and of what it names. Secrets are never shown.\n",
    );
    let mut section = String::new();
    for setting in reference() {
        if setting.section != section {
            section.clone_from(&setting.section);
            let _ = write!(
                page,
                "\n## `[{section}]`\n\n| setting | default | variable | what it is |\n|---|---|---|---|\n"
            );
        }
        let default = match (&setting.default, &setting.example) {
            (Some(value), _) => format!("`{value}`"),
            (None, Some(example)) => format!("none; such as `{example}`"),
            (None, None) => "none".to_owned(),
        };
        let text = setting.text.replace('|', "\\|");
        let _ = writeln!(
            page,
            "| `{}` | {} | `{}` | {text} |",
            setting.name,
            default.replace('|', "\\|"),
            setting.variable()
        );
    }
    page
}
