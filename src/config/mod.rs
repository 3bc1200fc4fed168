//! The configuration: one TOML file, overridden from the environment by one rule.
//!
//! `HOMEWARD_SECTION_FIELD` sets `field` of `[section]`: `HOMEWARD_SERVICE_LISTEN=0.0.0.0:8080`. Unknown sections and
//! fields are refused. This room never acts on what it reads, and no room but the commands may call it.

mod encryption;
mod environment;
mod evidence;
mod limits;
mod reminders;
mod secret;
mod sections;
mod tls;

pub use encryption::EncryptionSection;
pub use evidence::EvidenceSection;
pub use limits::LimitsSection;
pub use reminders::{MailSection, MailTlsMode, ReminderSection, WebhookSection};
pub use secret::Secret;
pub use sections::{HttpSection, LogFormat, LogSection, RateSection, ServiceSection};
pub use tls::{ClientCertificates, TlsSection};

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Everything that can be configured, each section with its defaults.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Configuration {
    pub service: ServiceSection,
    pub http: HttpSection,
    pub tls: TlsSection,
    pub rates: RateSection,
    pub limits: LimitsSection,
    pub reminders: ReminderSection,
    pub mail: MailSection,
    pub webhooks: WebhookSection,
    pub log: LogSection,
    pub encryption: EncryptionSection,
    pub evidence: EvidenceSection,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    #[error("the configuration file {path} cannot be read: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("the configuration file {path} is wrong: {problem}")]
    File { path: PathBuf, problem: String },
    #[error("the environment variable {variable} is wrong: {problem}")]
    Variable { variable: String, problem: String },
}

impl Configuration {
    /// From a file, when there is one, then from the variables that begin with `HOMEWARD_`.
    pub fn load(
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigurationError> {
        let mut table = match file {
            None => toml::Table::new(),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|source| ConfigurationError::Unreadable { path: path.to_owned(), source })?;
                let wrong = |error: toml::de::Error| ConfigurationError::File {
                    path: path.to_owned(),
                    problem: error.to_string(),
                };
                // Read for its own sake first, so that an error shows the line of the file.
                toml::from_str::<Self>(&text).map_err(wrong)?;
                toml::from_str(&text).map_err(wrong)?
            }
        };
        environment::apply(&mut table, variables)?;
        table.try_into().map_err(|error: toml::de::Error| ConfigurationError::Variable {
            variable: environment::PREFIX.to_owned() + "…",
            problem: error.message().to_owned(),
        })
    }

    /// The variables of this process that concern the program.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn environment() -> Vec<(String, String)> {
        std::env::vars_os()
            .filter_map(|(name, _)| name.into_string().ok())
            .filter(|name| name.starts_with(environment::PREFIX))
            .filter_map(|name| std::env::var(&name).ok().map(|value| (name, value)))
            .collect()
    }

    /// The configuration as a file would give it. It holds no secrets: keys live in the ledger, as digests.
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str, value: &str) -> Vec<(String, String)> {
        vec![(name.to_owned(), value.to_owned())]
    }

    #[test]
    fn the_environment_overrides_by_one_rule() {
        let read = Configuration::load(None, variable("HOMEWARD_SERVICE_LISTEN", "127.0.0.1:0")).expect("loads");
        assert_eq!(read.service.listen.to_string(), "127.0.0.1:0");
        let read = Configuration::load(None, variable("HOMEWARD_HTTP_HEADER_TIMEOUT_SECONDS", "3")).expect("loads");
        assert_eq!(read.http.header_timeout_seconds, 3);
    }

    #[test]
    fn unknown_names_and_wrong_values_are_refused() {
        let wrong = [
            ("HOMEWARD_SERVICE_LISTENS", "x"),
            ("HOMEWARD_NOTHING_AT_ALL", "x"),
            ("HOMEWARD_HTTP_CONNECTIONS", "many"),
        ];
        for (name, value) in wrong {
            let error = Configuration::load(None, variable(name, value)).expect_err("is refused");
            assert!(error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn a_configuration_reads_back_what_it_shows() {
        let shown = Configuration::default().to_toml();
        assert_eq!(toml::from_str::<Configuration>(&shown).expect("parses"), Configuration::default());
    }

    #[test]
    fn the_sample_configuration_gives_the_defaults() {
        let sample = include_str!("../../deploy/homeward.toml");
        assert_eq!(toml::from_str::<Configuration>(sample).expect("parses"), Configuration::default());
    }
}
