//! `homeward config show`: every setting in force.

use super::{Trouble, configuration};
use clap::{Args, Subcommand};
use std::path::Path;
use std::process::ExitCode;

/// Look at the configuration
#[derive(Debug, Args)]
pub(super) struct ConfigArguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum What {
    /// Print every setting in force, from the defaults, the file and the environment
    Show,
}

pub(super) fn run(arguments: &ConfigArguments, config: Option<&Path>) -> Result<ExitCode, Trouble> {
    let What::Show = arguments.what;
    say_on!("{}", configuration(config)?.to_toml());
    Ok(ExitCode::SUCCESS)
}
