//! `homeward config`: every setting in force and where it came from, a file checked with what it names, the reference.

use super::{Trouble, config_check, configuration};
use crate::config::{Configuration, Source, Sources, page};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Look at the configuration
#[derive(Debug, Args)]
pub(super) struct ConfigArguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Subcommand)]
enum What {
    /// Print every setting in force, from the defaults, the file and the environment; secrets are hidden
    Show {
        /// Tell of each where it came from
        #[arg(long)]
        sources: bool,
    },
    /// Read a configuration file and say all that a start would refuse: its settings, and the files and folders it names
    Check {
        /// The file
        file: PathBuf,
        /// Ask over the network too whether the sign-in provider, the mail server and the receiver of webhooks are there
        #[arg(long)]
        connect: bool,
    },
    /// Print what every setting is, with its default and its variable, as Markdown
    Reference,
}

pub(super) fn run(arguments: &ConfigArguments, config: Option<&Path>) -> Result<ExitCode, Trouble> {
    match &arguments.what {
        What::Show { sources: false } => say_on!("{}", configuration(config)?.to_toml()),
        What::Show { sources: true } => {
            let (configuration, sources) = Configuration::load_with_sources(config, Configuration::environment()?)?;
            say_on!("{}", with_sources(&configuration.to_toml(), &sources));
        }
        What::Check { file, connect } => return config_check::run(file, *connect),
        What::Reference => say_on!("{}", page()),
    }
    Ok(ExitCode::SUCCESS)
}

/// Each setting with where it came from, as a comment behind it.
fn with_sources(shown: &str, sources: &Sources) -> String {
    let mut section = String::new();
    let mut told = String::new();
    for line in shown.lines() {
        told += line;
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut section);
        } else if let Some((name, _)) = line.split_once(" = ") {
            told += &match sources.get(&(section.clone(), name.to_owned())) {
                None => "  # default".to_owned(),
                Some(Source::File { line }) => format!("  # line {line} of the file"),
                Some(Source::Environment { variable }) => format!("  # {variable}"),
            };
        }
        told.push('\n');
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_tells_where_it_came_from() {
        let sources = Sources::from([(("service".to_owned(), "queue".to_owned()), Source::File { line: 4 })]);
        let told = with_sources("[service]\nqueue = 9\nworkers = 2\n", &sources);
        assert_eq!(told, "[service]\nqueue = 9  # line 4 of the file\nworkers = 2  # default\n");
    }
}
