//! The configuration is documented once: the comments of the structs, the sample file and the reference agree.

use homeward::config::{Configuration, page, reference};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Words alone, so that marks of code and ends of lines do not count.
fn plain(text: &str) -> String {
    text.replace('`', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every field of each section's struct with its doc comment, by section.
fn documented() -> BTreeMap<(String, String), String> {
    let text = fs::read_to_string(root().join("src/config/mod.rs")).expect("reads");
    let (_, whole) = text.split_once("pub struct Configuration {").expect("is there");
    let sections: Vec<(&str, &str)> = whole
        .lines()
        .take_while(|line| *line != "}")
        .filter_map(|line| line.trim().strip_prefix("pub ")?.strip_suffix(',')?.split_once(": "))
        .collect();
    let mut fields = BTreeMap::new();
    for entry in fs::read_dir(root().join("src/config")).expect("lists") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("reads");
        for (section, shape) in &sections {
            let Some((_, body)) = text.split_once(&format!("pub struct {shape} {{")) else { continue };
            let mut comment = String::new();
            for line in body.lines().take_while(|line| *line != "}").map(str::trim) {
                if let Some(more) = line.strip_prefix("///") {
                    comment += more;
                } else if let Some((name, _)) = line.strip_prefix("pub ").and_then(|field| field.split_once(": ")) {
                    fields.insert(((*section).to_owned(), name.to_owned()), plain(&std::mem::take(&mut comment)));
                }
            }
        }
    }
    assert!(sections.iter().all(|(section, _)| fields.keys().any(|(one, _)| one == section)), "each struct was found");
    fields
}

#[test]
fn the_sample_file_documents_every_setting_as_its_struct_does() {
    let mut faults = Vec::new();
    let mut fields = documented();
    for setting in reference() {
        let place = format!("[{}] {}", setting.section, setting.name);
        match fields.remove(&(setting.section.clone(), setting.name.clone())) {
            None => faults.push(format!("{place}: no struct has it")),
            Some(comment) => {
                let said = plain(&setting.text);
                // Where the type says what can be written, the sample says it too.
                let begins =
                    comment.trim_end_matches('.').is_empty() || said.starts_with(comment.trim_end_matches('.'));
                if said.is_empty() || !begins {
                    faults.push(format!("{place}: the sample says {said:?} and the struct {comment:?}"));
                }
            }
        }
    }
    faults.extend(fields.keys().map(|(section, name)| format!("[{section}] {name}: the sample file does not have it")));
    assert!(faults.is_empty(), "deploy/homeward.toml and src/config/:\n  {}", faults.join("\n  "));
}

#[test]
fn the_reference_is_the_one_that_the_program_writes() {
    let kept = fs::read_to_string(root().join("deploy/CONFIGURATION.md")).unwrap_or_default();
    assert!(kept == page(), "deploy/CONFIGURATION.md has drifted: homeward config reference > deploy/CONFIGURATION.md");
}

#[test]
fn the_samples_are_configurations() {
    let mut samples: Vec<PathBuf> = fs::read_dir(root().join("deploy/samples"))
        .expect("lists")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    samples.push(root().join("deploy/homeward.toml"));
    assert!(samples.len() >= 4, "the samples were found");
    for path in samples {
        let read = Configuration::load(Some(Path::new(&path)), []);
        let read = read.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let shown = read.to_toml();
        let again: Configuration = toml::from_str(&shown).expect("what is shown can be read");
        assert_eq!(again.service, read.service, "{}", path.display());
    }
}
