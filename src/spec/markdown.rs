//! A Markdown file with fenced parts: the form of rules, views and indicators.

use super::error::SpecificationError;
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};

/// A fenced part of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// The first word after the fence: `sql`, `toml`, `csv`.
    pub language: String,
    /// What follows it: the table of a `csv` fence.
    pub argument: String,
    pub text: String,
    /// The line of the file on which the text begins.
    pub line: usize,
    /// The headings above it, level 1 first.
    pub headings: Vec<String>,
}

/// A parsed file: its title, its fences in order, and its prose by second-level heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkdownFile {
    pub path: String,
    pub title: String,
    pub fences: Vec<Fence>,
    /// (heading, Markdown of the section without the heading), for each second-level heading.
    pub sections: Vec<(String, String)>,
    pub source: String,
}

impl MarkdownFile {
    pub fn parse(path: &str, source: &str) -> Result<Self, SpecificationError> {
        let mut file = Self {
            path: path.to_owned(),
            title: String::new(),
            fences: Vec::new(),
            sections: Vec::new(),
            source: source.to_owned(),
        };
        let mut headings: Vec<(HeadingLevel, String)> = Vec::new();
        let mut heading: Option<(HeadingLevel, String)> = None;
        let mut fence: Option<Fence> = None;
        let mut section_starts: Vec<(String, usize, usize)> = Vec::new();
        for (event, span) in Parser::new(source).into_offset_iter() {
            match event {
                Event::Start(Tag::Heading { level, .. }) => heading = Some((level, String::new())),
                Event::End(TagEnd::Heading(_)) => {
                    if let Some((level, text)) = heading.take() {
                        headings.retain(|(above, _)| *above < level);
                        match level {
                            HeadingLevel::H1 if file.title.is_empty() => file.title.clone_from(&text),
                            HeadingLevel::H2 => section_starts.push((text.clone(), span.start, span.end)),
                            _ => {}
                        }
                        headings.push((level, text));
                    }
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    let (language, argument) = info.split_once(' ').unwrap_or((&info, ""));
                    fence = Some(Fence {
                        language: language.to_owned(),
                        argument: argument.trim().to_owned(),
                        text: String::new(),
                        line: source[..span.start].matches('\n').count() + 2,
                        headings: headings.iter().map(|(_, text)| text.clone()).collect(),
                    });
                }
                Event::End(TagEnd::CodeBlock) => file.fences.extend(fence.take()),
                Event::Text(text) | Event::Code(text) => {
                    if let Some(open) = &mut fence {
                        open.text.push_str(&text);
                    } else if let Some((_, title)) = &mut heading {
                        title.push_str(&text);
                    }
                }
                _ => {}
            }
        }
        if file.title.is_empty() {
            return Err(SpecificationError::wrong(path, 1, "the file has no title: begin it with a line `# …`"));
        }
        for (index, (title, _, begin)) in section_starts.iter().enumerate() {
            let end = section_starts.get(index + 1).map_or(source.len(), |(_, start, _)| *start);
            file.sections.push((title.clone(), source[*begin..end].trim().to_owned()));
        }
        Ok(file)
    }

    /// The one fence of a language that stands above the examples; an error when there are two.
    pub fn only(&self, language: &str) -> Result<Option<&Fence>, SpecificationError> {
        let mut found = self.fences.iter().filter(|fence| fence.language == language && fence.headings.len() <= 1);
        let first = found.next();
        match found.next() {
            Some(second) => Err(SpecificationError::wrong(
                &self.path,
                second.line,
                format!("a second `{language}` fence: give one"),
            )),
            None => Ok(first),
        }
    }

    pub fn require(&self, language: &str) -> Result<&Fence, SpecificationError> {
        let missing = || SpecificationError::wrong(&self.path, 1, format!("the file has no `{language}` fence"));
        self.only(language)?.ok_or_else(missing)
    }

    pub fn section(&self, title: &str) -> Option<&str> {
        self.sections.iter().find(|(heading, _)| heading == title).map(|(_, text)| text.as_str())
    }
}
