//! The configuration: one TOML file, overridden from the environment by one rule.
//!
//! `HOMEWARD_SECTION_FIELD` sets `field` of `[section]`: `HOMEWARD_SERVICE_LISTEN=0.0.0.0:8080`. Unknown sections and
//! fields are refused. This room never acts on what it reads, and no room but the commands may call it.

mod accounts;
mod bounds;
mod encryption;
mod environment;
mod evidence;
mod limits;
mod names;
mod reference;
mod reminders;
mod retention;
mod secret;
mod sections;
mod signin;
mod tls;

pub use accounts::AccountsSection;
pub use encryption::EncryptionSection;
pub use evidence::EvidenceSection;
pub use limits::LimitsSection;
pub use reference::{Setting, page, reference};
pub use reminders::{MailSection, MailTlsMode, ReminderSection, WebhookSection};
pub use retention::RetentionSection;
pub use secret::Secret;
pub use sections::{HttpSection, LogFormat, LogSection, RateSection, ServiceSection};
pub use signin::SigninSection;
pub use tls::{ClientCertificates, ExpiredLists, TlsSection};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Everything that can be configured, each section with its defaults.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Configuration {
    pub service: ServiceSection,
    pub http: HttpSection,
    pub tls: TlsSection,
    pub signin: SigninSection,
    pub accounts: AccountsSection,
    pub rates: RateSection,
    pub limits: LimitsSection,
    pub reminders: ReminderSection,
    pub mail: MailSection,
    pub webhooks: WebhookSection,
    pub log: LogSection,
    pub encryption: EncryptionSection,
    pub evidence: EvidenceSection,
    pub retention: RetentionSection,
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
    #[error("the setting {name} is {value}; it is from {least} to {most}")]
    Number { name: &'static str, value: u64, least: u64, most: u64 },
}

/// Where a setting that is not at its default came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    File { line: usize },
    Environment { variable: String },
}

/// By section and setting.
pub type Sources = BTreeMap<(String, String), Source>;

/// The table of a file that holds a configuration. What is wrong with one is said with its line and without its text,
/// which may be a secret.
fn read(text: &str) -> Result<toml::Table, String> {
    let place = |error: &toml::de::Error| {
        let before = error.span().map_or("", |span| text.get(..span.start).unwrap_or_default());
        format!("line {}: {}", before.matches('\n').count() + 1, error.message())
    };
    toml::from_str::<Configuration>(text)
        .map_err(|error| names::unknown_in_file(text).unwrap_or_else(|| place(&error)))?;
    toml::from_str(text).map_err(|error| place(&error))
}

impl Configuration {
    /// From a file, when there is one, then from the variables that begin with `HOMEWARD_`.
    pub fn load(
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigurationError> {
        Self::load_with_sources(file, variables).map(|(configuration, _)| configuration)
    }

    /// The same, with where each setting came from; one that is not among them has its default.
    pub fn load_with_sources(
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(Self, Sources), ConfigurationError> {
        let (mut table, mut sources) = match file {
            None => (toml::Table::new(), Sources::new()),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|source| ConfigurationError::Unreadable { path: path.to_owned(), source })?;
                let table =
                    read(&text).map_err(|problem| ConfigurationError::File { path: path.to_owned(), problem })?;
                let lines = names::lines(&text).into_iter();
                let named = lines.filter_map(|(section, name, line)| Some(((section, name?), Source::File { line })));
                (table, named.collect())
            }
        };
        sources.extend(environment::apply(&mut table, variables)?);
        let configuration: Self = table.try_into().map_err(|error: toml::de::Error| ConfigurationError::Variable {
            variable: environment::PREFIX.to_owned() + "…",
            problem: error.message().to_owned(),
        })?;
        bounds::check(&configuration)?;
        Ok((configuration, sources))
    }

    /// The variables of this process that concern the program. One that is no text is refused and not passed over.
    pub fn environment() -> Result<Vec<(String, String)>, ConfigurationError> {
        environment::concerning(std::env::vars_os())
    }

    /// The configuration as a file would give it, without its secrets.
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
    fn unknown_names_are_told_with_their_line_and_what_was_meant() {
        let told = |text: &str| read(text).expect_err("is refused");
        let text = "[service]\nworkers = 2\n\nqeue = 3\n";
        assert_eq!(
            told(text),
            "line 4: [service] has no setting queue".replace("queue", "qeue")
                + "; did you mean queue (HOMEWARD_SERVICE_QUEUE)?"
        );
        assert_eq!(told("[servise]\nworkers = 2\n"), "line 1: there is no section [servise]; did you mean [service]?");
        assert_eq!(
            told("[service]\nfilter = 'info'\n"),
            "line 2: [service] has no setting filter; it belongs to [log]"
        );
        assert_eq!(told("[http]\n\nconnections = 'many'\n"), "line 3: invalid type: string \"many\", expected usize");
    }

    #[test]
    fn a_line_that_cannot_be_read_is_not_repeated() {
        let said = read("[encryption]\nkeys = \"id:c2VjcmV0\n").expect_err("is refused");
        assert!(said.starts_with("line 2: ") && !said.contains("c2VjcmV0"), "{said}");
    }

    #[test]
    fn every_setting_knows_where_it_came_from() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("homeward.toml");
        std::fs::write(&file, "[service]\nworkers = 7\nqueue = 9\n").expect("writes");
        let environment = variable("HOMEWARD_SERVICE_QUEUE", "11");
        let (read, sources) = Configuration::load_with_sources(Some(&file), environment).expect("loads");
        assert_eq!((read.service.workers, read.service.queue), (7, 11));
        let of = |name: &str| sources.get(&("service".to_owned(), name.to_owned()));
        assert_eq!(of("workers"), Some(&Source::File { line: 2 }));
        let variable = "HOMEWARD_SERVICE_QUEUE".to_owned();
        assert_eq!(of("queue"), Some(&Source::Environment { variable }));
        assert_eq!(of("listen"), None, "it has its default");
    }

    #[test]
    fn text_from_the_environment_stays_text() {
        let secret = variable("HOMEWARD_ENCRYPTION_KEYS", "007");
        let read = Configuration::load(None, secret).expect("loads");
        assert_eq!(read.encryption.keys.as_ref().map(Secret::reveal), Some("007"));
        let read = Configuration::load(None, variable("HOMEWARD_LOG_FILTER", "1")).expect("loads");
        assert_eq!(read.log.filter, "1");
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
