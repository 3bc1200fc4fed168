//! The commands. The only room that reads the configuration and wires the others together.
//!
//! A command parses its arguments, calls a room below and prints the answer; it never decides what a return is worth.
//! Exit codes: 0 well (clean, or queries only), 1 errors found, 2 rejected, 3 wrong use or trouble with files.

/// Prints a line for the person. A pipe that was closed early, as by `head`, ends the printing and not the work.
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($part)*);
    }};
}

/// The same, without an end of line.
macro_rules! say_on {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        let _ = write!(std::io::stdout(), $($part)*);
    }};
}

mod admin;
mod check;
mod client;
mod client_tls;
mod config_check;
mod config_command;
mod demo;
mod encryption;
mod encryption_keys;
pub mod prepare;
mod prepare_command;
mod private_file;
mod profile_command;
mod prompt;
mod receipt_command;
mod release;
mod reminding;
mod rows;
mod running;
pub mod sample;
mod sample_command;
mod screen_command;
mod secrets;
mod serve;
mod signing_in;
mod spec_command;
mod specifications;
mod submit;
mod submit_command;
mod totals;

use crate::config::Configuration;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Wrong use, or files that cannot be read or written.
const USAGE: u8 = 3;

/// The national service for anonymised returns on children who go home from care.
#[derive(Debug, Parser)]
#[command(name = "homeward", version, max_term_width = 100)]
struct Arguments {
    /// A folder of specifications to use in place of the one in the program
    #[arg(long, global = true, value_name = "FOLDER")]
    specs: Option<PathBuf>,
    /// The configuration file of the service
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::CheckArguments),
    Prepare(prepare_command::PrepareArguments),
    Submit(submit_command::SubmitArguments),
    Release(release::ReleaseArguments),
    Profile(profile_command::ProfileArguments),
    Receipt(receipt_command::ReceiptArguments),
    Screen(screen_command::ScreenArguments),
    /// Run the service until it is told to stop
    Serve,
    Admin(admin::AdminArguments),
    Config(config_command::ConfigArguments),
    Spec(spec_command::SpecArguments),
    Sample(sample_command::SampleArguments),
    Demo(demo::DemoArguments),
}

/// Why a command could not do its work: a sentence for the person.
#[derive(Debug)]
struct Trouble(String);

impl<E: std::error::Error> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Runs the program. The arguments include its own name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = match Arguments::try_parse_from(arguments) {
        Ok(parsed) => parsed,
        Err(answer) => {
            // Help and the version are answers; everything else is wrong use.
            let _ = answer.print();
            return if answer.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    let (specs, config) = (parsed.specs.as_deref(), parsed.config.as_deref());
    let done = match parsed.command {
        Command::Check(arguments) => check::run(&arguments, specs),
        Command::Prepare(arguments) => prepare_command::run(arguments, specs),
        Command::Submit(arguments) => submit_command::run(&arguments),
        Command::Release(arguments) => release::run(&arguments, specs),
        Command::Profile(arguments) => profile_command::run(&arguments, specs),
        Command::Receipt(arguments) => receipt_command::run(&arguments),
        Command::Screen(arguments) => screen_command::run(&arguments, specs),
        Command::Serve => serve::run(config, specs),
        Command::Admin(arguments) => admin::run(arguments, config, specs),
        Command::Config(arguments) => config_command::run(&arguments, config),
        Command::Spec(arguments) => spec_command::run(&arguments, specs),
        Command::Sample(arguments) => sample_command::run(&arguments, specs),
        Command::Demo(arguments) => demo::run(arguments, specs),
    };
    done.unwrap_or_else(|Trouble(sentence)| {
        eprintln!("homeward: {sentence}");
        ExitCode::from(USAGE)
    })
}

/// A runtime for the commands that speak to a network or keep one.
fn runtime() -> Result<tokio::runtime::Runtime, Trouble> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// The configuration in force: the defaults, the file where one is named, the environment.
fn configuration(file: Option<&Path>) -> Result<Configuration, Trouble> {
    Ok(Configuration::load(file, Configuration::environment()?)?)
}
