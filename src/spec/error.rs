//! What can be wrong with a specification.

/// Why a specification cannot be used. Each text names the file, and the line where there is one.
#[derive(Debug, thiserror::Error)]
pub enum SpecificationError {
    #[error("the folder {folder} cannot be read as a specification: {source}")]
    Unreadable { folder: String, source: std::io::Error },
    #[error("{file} is missing: a specification needs it")]
    Missing { file: String },
    #[error("{file}, line {line}: {problem}")]
    Wrong { file: String, line: usize, problem: String },
}

impl SpecificationError {
    pub fn wrong(file: &str, line: usize, problem: impl Into<String>) -> Self {
        Self::Wrong { file: file.to_owned(), line, problem: problem.into() }
    }

    /// From a TOML error within a file whose TOML begins after `lines_before` lines.
    pub(super) fn toml(file: &str, lines_before: usize, text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count());
        Self::wrong(file, lines_before + at + 1, error.message())
    }
}
