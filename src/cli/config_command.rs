//! `homeward config`: every setting in force and where it came from, a file checked with what it names, the reference.

use super::{Trouble, configuration};
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
    /// Read a configuration file as `serve` would, and open the files and folders that it names
    Check {
        /// The file
        file: PathBuf,
    },
    /// Print what every setting is, with its default and its variable, as Markdown
    Reference,
}

pub(super) fn run(arguments: &ConfigArguments, config: Option<&Path>) -> Result<ExitCode, Trouble> {
    match &arguments.what {
        What::Show { sources: false } => say_on!("{}", configuration(config)?.to_toml()),
        What::Show { sources: true } => {
            let (configuration, sources) = Configuration::load_with_sources(config, Configuration::environment())?;
            say_on!("{}", with_sources(&configuration.to_toml(), &sources));
        }
        What::Check { file } => return check(file),
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

fn check(file: &Path) -> Result<ExitCode, Trouble> {
    let configuration = configuration(Some(file))?;
    let wrong = missing(&configuration);
    for one in &wrong {
        say!("{one}");
    }
    if wrong.is_empty() {
        say!("{}: every setting is known, and what it names is there.", file.display());
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

/// What the settings name and cannot be opened: files by their name's end, folders likewise.
fn missing(configuration: &Configuration) -> Vec<String> {
    let table = toml::Table::try_from(configuration).unwrap_or_default();
    let mut wrong = Vec::new();
    for (section, settings) in &table {
        for (name, value) in settings.as_table().into_iter().flatten() {
            let Some(path) = value.as_str().map(Path::new) else { continue };
            let problem = if name.ends_with("_file") {
                std::fs::File::open(path).err().map(|error| error.to_string())
            } else if name == "specs" {
                std::fs::read_dir(path).err().map(|error| error.to_string())
            } else if name.ends_with("_folder") {
                unmakeable(path)
            } else {
                None
            };
            wrong.extend(
                problem.map(|problem| format!("[{section}] {name}: {} cannot be opened: {problem}", path.display())),
            );
        }
    }
    wrong
}

/// Why a folder that the service makes when it is not there could not be made, if so.
fn unmakeable(path: &Path) -> Option<String> {
    let there = path.ancestors().find(|one| one.as_os_str().is_empty() || one.exists())?;
    let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    match std::fs::metadata(there) {
        Ok(found) if !found.is_dir() => Some(format!("{} is not a folder", there.display())),
        Ok(found) if found.permissions().readonly() => Some(format!("{} cannot be written", there.display())),
        Ok(_) => None,
        Err(error) => Some(error.to_string()),
    }
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

    #[test]
    fn what_is_named_and_not_there_is_told() {
        let mut configuration = Configuration::default();
        assert_eq!(missing(&configuration), Vec::<String>::new());
        configuration.tls.key_file = Some(PathBuf::from("/nowhere/key.pem"));
        configuration.service.specs = Some(PathBuf::from("/nowhere/specs"));
        let wrong = missing(&configuration);
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        assert!(
            wrong.iter().any(|one| one.starts_with("[tls] key_file: /nowhere/key.pem cannot be opened")),
            "{wrong:?}"
        );
    }
}
