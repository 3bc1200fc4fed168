//! Every change of the ledger is a named transaction: what the sources say of it, read from them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn source(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a source file")
}

/// The files of the SQLite ledger without their tests.
fn rooms() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/sqlite");
    let entries = fs::read_dir(folder).expect("lists").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "rs")).collect();
    files.retain(|path| !path.ends_with("tests.rs"));
    files.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("text");
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
        (path.file_name().expect("a name").to_string_lossy().into_owned(), code)
    };
    files.into_iter().map(read).collect()
}

/// The functions of a source by their names, each with its head and body.
fn functions(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let begins = [
            "async fn ",
            "fn ",
            "pub fn ",
            "pub(super) fn ",
            "pub(super) async fn ",
            "pub async fn ",
            "const fn ",
            "pub(super) const fn ",
        ]
        .iter()
        .find_map(|start| line.trim_start().strip_prefix(start));
        let indented = line.len() - line.trim_start().len();
        match begins {
            Some(rest) if indented <= 4 => {
                let name = rest.split(['(', '<']).next().unwrap_or_default().to_owned();
                found.push((name, format!("{line}\n")));
            }
            _ => {
                if let Some((_, body)) = found.last_mut() {
                    body.push_str(line);
                    body.push('\n');
                }
            }
        }
    }
    found
}

/// The methods of the ledger's seam, by name, with what the SQLite ledger does for each.
fn methods() -> BTreeMap<String, String> {
    let seam = source("src/store/ledger.rs");
    let names: BTreeSet<String> = functions(&seam).into_iter().map(|(name, _)| name).collect();
    let all = source("src/store/sqlite/mod.rs");
    let done = all.split("impl Ledger for SqliteLedger").nth(1).expect("is a ledger");
    let done: BTreeMap<String, String> = functions(done).into_iter().collect();
    assert_eq!(done.keys().cloned().collect::<BTreeSet<_>>(), names, "every method of the seam is there");
    done
}

/// The names of transactions that a text speaks of: literals of `begin`, and those of the functions that give names.
fn names_in(body: &str, rooms: &[(String, String)]) -> Vec<String> {
    let after = body.split("self.begin(").nth(1).unwrap_or_default();
    if let Some(literal) = after.strip_prefix('"') {
        return vec![literal.split('"').next().unwrap_or_default().to_owned()];
    }
    let called = after.split('(').next().unwrap_or_default();
    if called == "step.action.name" {
        let records = source("src/store/account_records.rs");
        let named = records.split("impl PersonAction {").nth(1).expect("names its transactions");
        let body = named.split("\n}").next().unwrap_or_default().to_owned();
        return body.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    }
    let (room, function) = called.split_once("::").unwrap_or(("mod", called));
    let (_, text) = rooms.iter().find(|(name, _)| *name == format!("{room}.rs")).expect("the room that names it");
    let (_, body) = functions(text).into_iter().find(|(name, _)| name == function).expect("the function that names it");
    let body = body.split("\n}").next().unwrap_or_default().to_owned();
    body.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn each_method_that_changes_something_has_names_of_its_own() {
    let rooms = rooms();
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    let mut reading = Vec::new();
    for (method, body) in methods() {
        if !body.contains("self.begin(") {
            assert!(!body.contains("writer"), "{method} writes without a transaction");
            reading.push(method);
            continue;
        }
        let names = names_in(&body, &rooms);
        assert!(!names.is_empty(), "{method} begins a transaction without a name");
        for name in names {
            println!("{name}: {method}");
            let plain = name.chars().all(|letter| letter.is_ascii_lowercase() || [' ', '-'].contains(&letter));
            assert!(plain && name.contains(' '), "{name}: a name is plain words");
            if let Some(other) = all.insert(name.clone(), method.clone()) {
                panic!("{name} is the name of {method} and of {other}");
            }
        }
    }
    let wanted = ["receive upload", "keep checked return", "accept return", "publish release", "note access"];
    assert!(wanted.iter().all(|name| all.contains_key(*name)), "{all:?}");
    assert!(reading.iter().any(|name| name == "return_by_id"), "{reading:?}");
}

#[test]
fn nothing_is_written_outside_a_named_transaction() {
    let mut written = 0;
    for (file, text) in rooms() {
        for (name, body) in functions(&text) {
            let code: String =
                body.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            if !["INSERT INTO", "UPDATE ", "DELETE FROM"].iter().any(|word| code.contains(&format!("\"{word}"))) {
                continue;
            }
            written += 1;
            // The one change before the ledger is open: old events are chained when the schema is brought up to date.
            let is_upgrade = (file.as_str(), name.as_str()) == ("history.rs", "chain_old_events");
            assert!(code.contains("Work") || is_upgrade, "{file}: {name} writes and takes no transaction");
            assert!(!code.contains("readers"), "{file}: {name} writes on a connection for reading");
        }
    }
    assert!(written > 10, "only {written} functions were found that write");
    let open = source("src/store/sqlite/mod.rs");
    assert!(open.contains("options.read_only(true)"), "connections for reading cannot write at all");
}
