//! Holds the house up: imports go down, files stay small, rooms say what they are, doors stay shut.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The floor of each room; a room may use rooms on lower floors only.
const FLOORS: [(&str, u8); 18] = [
    ("domain", 0),
    ("spec", 1),
    ("engine", 1),
    ("intake", 2),
    ("store", 2),
    ("notices", 2),
    ("provider", 2),
    ("validate", 3),
    ("aggregate", 3),
    ("disclosure", 3),
    ("publish", 3),
    ("flow", 4),
    ("api", 5),
    ("cli", 6),
    ("main", 6),
    ("lib", 6),
    ("config", 0),
    ("telemetry", 0),
];

/// Neighbours on one floor that may look at each other, one way.
const NEIGHBOURS: [(&str, &str); 3] =
    [("disclosure", "aggregate"), ("publish", "disclosure"), ("publish", "aggregate")];

/// Beside the house, with the lowest floor that may use each; they use `domain` only. Only the commands read the configuration.
const BESIDE: [(&str, u8); 2] = [("config", 6), ("telemetry", 4)];

const LINES_PER_FILE: usize = 500;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files_under(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files_under(&path, ending, found);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
}

fn rust_files(folders: &[&str]) -> Vec<(String, String)> {
    let mut paths = Vec::new();
    for folder in folders {
        files_under(&root().join(folder), ".rs", &mut paths);
    }
    let named = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a source file is UTF-8");
        (path.strip_prefix(root()).expect("under the root").to_string_lossy().replace('\\', "/"), text)
    };
    paths.into_iter().map(named).collect()
}

fn room(path: &str) -> String {
    let inside = path.trim_start_matches("src/");
    inside.split(['/', '.']).next().unwrap_or_default().to_owned()
}

/// How deep below the root of the program a file's own module lies: 1 for a room's `mod.rs`.
fn depth(path: &str) -> usize {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    if matches!(inside, "lib" | "main") { 0 } else { inside.split('/').count() }
}

/// The rooms that a file's code names, with the line: after `crate::`, or after as many `super::` as lead to the root or beyond
/// it (from a module within the file), by itself or first in a group of any number of lines.
fn rooms_used(path: &str, text: &str) -> Vec<(usize, String)> {
    let code: String = text.lines().map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n").collect();
    let (to_root, mut used, mut at) = (depth(path), Vec::new(), 0);
    while let Some(found) = code[at..].find(['c', 's']) {
        let start = at + found;
        at = start + 1;
        if code[..start].ends_with(|before: char| before.is_ascii_alphanumeric() || before == '_') {
            continue;
        }
        let mut rest = &code[start..];
        if let Some(after) = rest.strip_prefix("crate::") {
            rest = after;
        } else {
            let mut up = 0;
            while let Some(after) = rest.strip_prefix("super::") {
                (rest, up) = (after, up + 1);
            }
            if up == 0 || up < to_root {
                at += up * "super::".len();
                continue;
            }
        }
        at = code.len() - rest.len();
        for (offset, word) in first_words(rest) {
            used.push((code[..at + offset].matches('\n').count() + 1, word));
        }
    }
    used
}

/// The first word of a path, or of each path of a group in braces, with its place.
fn first_words(path: &str) -> Vec<(usize, String)> {
    let word = |from: usize| -> (usize, String) {
        let blank = path[from..].len() - path[from..].trim_start().len();
        let letters = path[from + blank..].chars();
        (from + blank, letters.take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect())
    };
    if !path.starts_with('{') {
        return vec![word(0)];
    }
    let (mut words, mut open) = (vec![word(1)], 0);
    for (place, letter) in path.char_indices() {
        match letter {
            '{' => open += 1,
            '}' if open == 1 => break,
            '}' => open -= 1,
            ',' if open == 1 => words.push(word(place + 1)),
            _ => {}
        }
    }
    words
}

#[test]
fn every_way_to_name_a_room_is_seen() {
    let used = |path: &str, code: &str| rooms_used(path, code).into_iter().map(|(line, word)| format!("{line} {word}"));
    let seen =
        |path: &str, code: &str| used(path, code).filter(|word| !word.ends_with(' ')).collect::<Vec<_>>().join(", ");
    assert_eq!(seen("src/spec/rule.rs", "use crate::flow::Service;\n"), "1 flow");
    assert_eq!(
        seen("src/spec/rule.rs", "\nuse crate::{\n    domain::{period, state},\n    flow,\n};\n"),
        "3 domain, 4 flow"
    );
    assert_eq!(seen("src/spec/rule.rs", "use super::super::flow::Service;"), "1 flow");
    assert_eq!(seen("src/spec/mod.rs", "use super::flow::Service;"), "1 flow");
    assert_eq!(seen("src/spec/rule.rs", "use super::flow; // crate::api"), "");
    assert_eq!(seen("src/cli/demo/mod.rs", "use super::super::{\n  flow, store::Ledger};"), "2 flow, 2 store");
    assert_eq!(seen("src/spec/rule.rs", "let supers = other_crate::flow();"), "");
}

fn assert_none(faults: Vec<String>, rule: &str) {
    assert!(faults.is_empty(), "{rule}:\n  {}", faults.join("\n  "));
}

#[test]
fn imports_go_down() {
    let floors: BTreeMap<&str, u8> = FLOORS.into_iter().collect();
    let mut faults = Vec::new();
    for (path, text) in rust_files(&["src"]) {
        let own = room(&path);
        let Some(&floor) = floors.get(own.as_str()) else {
            faults.push(format!("{path}: the room {own} stands on no floor"));
            continue;
        };
        for (line, used) in rooms_used(&path, &text) {
            let Some(&below) = floors.get(used.as_str()) else { continue };
            if used == own {
                continue;
            }
            let neighbour = NEIGHBOURS.contains(&(own.as_str(), used.as_str()));
            let is_beside = |room: &str| BESIDE.iter().any(|(name, _)| *name == room);
            let allowed = match BESIDE.iter().find(|(name, _)| *name == used) {
                Some((_, lowest)) => floor >= *lowest && !is_beside(&own),
                None if is_beside(&own) => used == "domain",
                None => below < floor || neighbour,
            };
            if !allowed {
                faults.push(format!("{path}:{line}: {own} may not use {used}"));
            }
        }
    }
    assert_none(faults, "imports go down the house (src/ARCHITECTURE.md)");
}

#[test]
fn files_are_small_enough_to_read() {
    let long = rust_files(&["src", "tests", "benches"])
        .into_iter()
        .filter(|(_, text)| text.lines().count() > LINES_PER_FILE)
        .map(|(path, text)| format!("{path}: {} lines", text.lines().count()));
    assert_none(long.collect(), "no file is longer than 500 lines");
}

#[test]
fn every_room_says_what_it_is() {
    let mut faults = Vec::new();
    for (path, text) in rust_files(&["src"]) {
        if path == "src/main.rs" || path.contains("/tests") {
            continue;
        }
        let header: Vec<&str> = text.lines().take_while(|line| line.starts_with("//!")).collect();
        if header.is_empty() {
            faults.push(format!("{path}: begins without `//!`"));
        }
        let is_room = path.matches('/').count() == 2 && path.ends_with("/mod.rs");
        if is_room && !header.iter().any(|line| line.contains("never")) {
            faults.push(format!("{path}: does not say what the room never does"));
        }
    }
    assert_none(faults, "each file begins by saying what belongs in it, each room what it never does");
}

#[test]
fn doors_stay_shut() {
    // (what must not be named, where it may be)
    let doors: [(&str, &[&str]); 9] = [
        // Only `flow` says that a return is accepted; the tests of the rooms that count make some of their own.
        ("AcceptedReturn {", &["src/flow/", "src/aggregate/", "src/disclosure/tests", "src/publish/tests"]),
        ("datafusion", &["src/engine/"]),
        ("Utc::now", &["src/domain/clock.rs"]),
        ("SystemTime::now", &["src/domain/clock.rs"]),
        ("sqlx", &["src/store/"]),
        ("object_store", &["src/store/"]),
        ("calamine", &["src/intake/", "src/publish/workbook/tests.rs"]),
        ("indicatif", &["src/cli/"]),
        ("openidconnect", &["src/provider/"]),
    ];
    let mut faults = Vec::new();
    for (path, text) in rust_files(&["src"]) {
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for (word, homes) in &doors {
                if code.contains(word) && !homes.iter().any(|home| path.starts_with(home)) {
                    faults.push(format!("{path}:{}: {word} is named outside {}", number + 1, homes.join(", ")));
                }
            }
        }
    }
    assert_none(faults, "each outside thing has one door");
}

#[test]
fn no_room_below_the_commands_knows_the_collection() {
    let generic = [
        "domain",
        "spec",
        "engine",
        "intake",
        "store",
        "validate",
        "aggregate",
        "disclosure",
        "publish",
        "flow",
        "api",
    ];
    let mut faults = Vec::new();
    for (path, text) in rust_files(&["src"]) {
        if !generic.contains(&room(&path).as_str()) || path.contains("tests") {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if code.contains("reunification") {
                faults.push(format!("{path}:{}: names the collection", number + 1));
            }
        }
    }
    assert_none(faults, "another collection is another folder: Rust does not know its name");
}

#[test]
fn nothing_is_left_for_later() {
    let words = ["TODO", "FIXME", "XXX", "for now", "unimplemented!", "todo!("];
    let mut faults = Vec::new();
    for (path, text) in rust_files(&["src", "tests", "benches"]) {
        if path.ends_with("suite/tidy.rs") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                faults.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert_none(faults, "what is begun is finished");
}

#[test]
fn the_top_level_is_as_designed() {
    let expected = [
        ".ci",
        ".git",
        ".gitignore",
        "CHANGELOG.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "README.md",
        "benches",
        "clippy.toml",
        "deny.toml",
        "deploy",
        "rust-toolchain.toml",
        "rustfmt.toml",
        "schemas",
        "specs",
        "src",
        "target",
        "tests",
    ];
    let entries = fs::read_dir(root()).expect("the root is readable");
    let names = entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()));
    let strangers: Vec<String> = names.filter(|name| !expected.contains(&name.as_str())).collect();
    assert_none(strangers, "the top level holds what the design names and no more");
}

#[test]
fn links_in_documents_lead_somewhere() {
    let mut documents = vec![root().join("README.md"), root().join("CHANGELOG.md")];
    files_under(&root().join("src"), ".md", &mut documents);
    files_under(&root().join("deploy"), ".md", &mut documents);
    files_under(&root().join("specs"), ".md", &mut documents);
    let mut faults = Vec::new();
    for document in documents {
        let text = fs::read_to_string(&document).expect("a document is UTF-8");
        for after in text.split("](").skip(1) {
            let target = after.split([')', '#', ' ']).next().unwrap_or_default();
            let outside = target.is_empty() || target.contains("://") || target.starts_with("mailto:");
            if !outside && !document.parent().expect("a file has a folder").join(target).exists() {
                faults.push(format!("{}: {target}", document.display()));
            }
        }
    }
    assert_none(faults, "links between documents lead to files");
}

#[test]
fn nothing_names_a_machine_or_a_registry() {
    let words = ["/work/", "/root/", "crates.io/", "index.crates.io", "registry.npmjs", "pypi.org", "static.rust-lang"];
    let mut files = rust_files(&["src", "tests", "benches"]);
    let mut others = Vec::new();
    for ending in [".md", ".toml", ".sh", ".yml"] {
        for folder in ["src", "specs", "deploy", "tests"] {
            files_under(&root().join(folder), ending, &mut others);
        }
    }
    others.extend(["README.md", "CHANGELOG.md", "Cargo.toml", "tests/run", ".ci/run"].map(|name| root().join(name)));
    for path in others {
        let text = fs::read_to_string(&path).unwrap_or_default();
        files.push((path.to_string_lossy().replace(&*root().to_string_lossy(), ""), text));
    }
    let mut faults = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| !path.ends_with("suite/tidy.rs")) {
        for (number, line) in text.lines().enumerate() {
            if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                faults.push(format!("{path}:{}: names {word}", number + 1));
            }
        }
    }
    assert_none(faults, "the project stands on any machine");
}

#[test]
fn snapshots_stand_in_their_tests() {
    let mut found = Vec::new();
    for folder in ["src", "tests", "benches"] {
        files_under(&root().join(folder), ".snap", &mut found);
        files_under(&root().join(folder), ".snap.new", &mut found);
    }
    assert_none(
        found.iter().map(|path| path.display().to_string()).collect(),
        "a snapshot stands in the test that reads it",
    );
}
