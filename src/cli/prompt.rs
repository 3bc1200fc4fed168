//! Asks for a password: at the terminal without showing it, or from standard input; never as an argument, which other users
//! of the machine can read.

use super::Trouble;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::{Command, Stdio};

/// The new password: asked for twice at a terminal, or the first line of standard input.
pub(super) async fn new_password() -> Result<String, Trouble> {
    if !std::io::stdin().is_terminal() {
        return line();
    }
    let silent = Silent::begin()?;
    let asked = tokio::task::spawn_blocking(|| {
        let first = ask("New password: ")?;
        let again = ask("The same again: ")?;
        if first == again {
            Ok(first)
        } else {
            Err(Trouble("the two passwords differ; nothing was changed".to_owned()))
        }
    });
    tokio::select! {
        asked = asked => asked?,
        _ = tokio::signal::ctrl_c() => {
            drop(silent);
            eprintln!("\nhomeward: nothing was changed");
            // The thread that reads cannot be woken, and the end of the runtime would wait for it.
            std::process::exit(super::USAGE.into());
        }
    }
}

fn ask(question: &str) -> Result<String, Trouble> {
    eprint!("{question}");
    std::io::stderr().flush()?;
    let answer = line();
    eprintln!();
    answer
}

fn line() -> Result<String, Trouble> {
    let mut text = String::new();
    std::io::stdin().lock().read_line(&mut text)?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// A terminal that does not show what is typed, until this is dropped.
struct Silent;

impl Silent {
    fn begin() -> Result<Self, Trouble> {
        let set = Command::new("stty").arg("-echo").stderr(Stdio::null()).status();
        let problem = "the terminal would show the password; pipe it in instead, as from a password manager";
        if set.is_ok_and(|status| status.success()) { Ok(Self) } else { Err(Trouble(problem.to_owned())) }
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        // Best effort: a terminal that is gone shows nothing anyway.
        let _ = Command::new("stty").arg("echo").stderr(Stdio::null()).status();
    }
}
