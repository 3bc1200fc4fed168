//! The names of the two files.

use super::{Check, fails, when};

pub(super) const CHECKS: &[Check] = &[
    ("filename_spaces", |files| {
        let spaced = |name: &str| name.contains(char::is_whitespace);
        fails(when(
            spaced(files.data_name) || spaced(files.meta_name),
            "A file's name has a space: write an underscore.",
        ))
    }),
    ("filename_special", |files| {
        let stem = |name: &str| name.trim_end_matches(".csv").trim_end_matches(".meta").to_owned();
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_' || letter == ' ';
        let special = [files.data_name, files.meta_name].iter().any(|name| !stem(name).chars().all(plain));
        fails(when(special, "A file's name has another sign than letters, digits, hyphens and underscores."))
    }),
    ("filenames_match", |files| {
        let expected = format!("{}.meta.csv", files.data_name.trim_end_matches(".csv"));
        fails((files.meta_name != expected).then(|| format!("The metadata should be called {expected}.")))
    }),
];
