//! Identifiers in what people write of their own accord: explanations and notes. They are kept and read by others, so they
//! are searched as cells are, and for two things that only prose holds: the name of a person and a full date of birth.
//!
//! A name is seen only where a title or a word such as *named* stands before it; no list of names is kept.

use super::detect::{CODES, Detector};
use super::months::has_day;
use super::plain::Plain;
use super::tokens::{Token, tokens};
use serde::Deserialize;
use std::collections::BTreeSet;

/// A kind of direct identifier that a text seems to hold; never the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identifier {
    /// The rule that looks for the kind in returns.
    pub code: &'static str,
    /// The kind, as part of a sentence: "an NHS number".
    pub name: &'static str,
}

const NAME: Identifier = Identifier { code: "P01", name: "a person's name" };
const BIRTH: Identifier = Identifier { code: "P07", name: "a full date of birth" };

/// The kinds that are searched for everywhere, in the order of [`CODES`]; the last two belong to fields of a type.
pub(super) const KINDS: [&str; 5] = [
    "a postcode",
    "an NHS number",
    "a unique pupil number",
    "a National Insurance number",
    "an e-mail address or a telephone number",
];

/// The words that announce an identifier in prose, in capitals.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::validate) struct Announcing {
    /// A title before a capitalised word: a name.
    pub(super) titles: Vec<String>,
    /// A word before a capitalised word: a name.
    pub(super) naming: Vec<String>,
    /// A word in one sentence with a day: a date of birth.
    pub(super) birth: Vec<String>,
}

impl Announcing {
    /// The kinds of identifier that a text seems to hold, each once, in the order of their rules.
    pub(in crate::validate) fn identifiers_in(&self, text: &str) -> Vec<Identifier> {
        let text = Plain::of(text).text;
        let mut kinds = BTreeSet::new();
        Detector::default().each(&text, |rule, _| {
            kinds.extend(CODES.get(rule).zip(KINDS.get(rule)).map(|(code, name)| Identifier { code, name }));
        });
        let mut parts = Vec::new();
        tokens(&text, &mut parts);
        if (0..parts.len()).any(|at| self.names_somebody(&text, &parts[at..])) {
            kinds.insert(NAME);
        }
        if parts.iter().any(|part| is_one_of(&self.birth, part.text(&text)) && says_a_day(sentence(&text, *part))) {
            kinds.insert(BIRTH);
        }
        kinds.into_iter().collect()
    }

    /// Whether the first part announces a name and a name follows, after initials or "is" if there are any.
    fn names_somebody(&self, text: &str, parts: &[Token]) -> bool {
        let [first, rest @ ..] = parts else { return false };
        let first = first.text(text);
        let is_title = first.starts_with(char::is_uppercase) && is_one_of(&self.titles, first);
        if !is_title && !is_one_of(&self.naming, first) {
            return false;
        }
        let passed = |part: &&Token| matches!(part.text(text), "is" | "was") || part.text(text).chars().count() == 1;
        let next = rest.iter().find(|part| !passed(part));
        next.is_some_and(|part| {
            let close = text[parts[0].end..part.start].chars().count() <= 10;
            let word = part.text(text);
            close && word.starts_with(char::is_uppercase) && word.chars().all(char::is_alphabetic)
        })
    }
}

fn is_one_of(words: &[String], word: &str) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// The sentence in which a part stands. A full stop within a date ends no sentence.
fn sentence(text: &str, part: Token) -> &str {
    let is_end = |at: usize, letter: char| {
        let next = text[at + letter.len_utf8()..].chars().next();
        letter == '\n' || matches!(letter, '.' | ';' | '!' | '?') && next.is_none_or(char::is_whitespace)
    };
    let ends = |range: std::ops::Range<usize>| {
        text[range.clone()].char_indices().map(move |(at, letter)| (range.start + at, letter))
    };
    let start = ends(0..part.start).rfind(|(at, letter)| is_end(*at, *letter)).map_or(0, |(at, _)| at);
    let end = ends(part.end..text.len()).find(|(at, letter)| is_end(*at, *letter)).map_or(text.len(), |(at, _)| at);
    &text[start..end]
}

/// Whether any three parts that follow each other, or one alone, say a day of a year.
fn says_a_day(sentence: &str) -> bool {
    let mut parts = Vec::new();
    tokens(sentence, &mut parts);
    let three = parts.windows(3).any(|parts| has_day(&sentence[parts[0].start..parts[2].end]));
    three || parts.iter().any(|part| has_day(part.text(sentence)))
}

#[cfg(test)]
mod tests {
    use super::super::Headings;
    use crate::spec::Specification;

    #[track_caller]
    fn finds(code: &str, texts: &[&str]) {
        let headings = Headings::of(&Specification::embedded().expect("the specification")).expect("the words");
        for text in texts {
            let found = headings.free_text.identifiers_in(text);
            assert_eq!(found.iter().map(|kind| kind.code).collect::<Vec<_>>(), [code], "{text}");
        }
    }

    #[test]
    fn what_is_searched_for_in_cells_is_found_in_prose() {
        finds("P02", &["The family moved to ZE2 9LT in May.", "see ze29lt"]);
        finds("P03", &["NHS number 943 476 5919 is right.", "943\u{200b}4765919"]);
        finds("P04", &["The school gave H801200001001."]);
        finds("P05", &["Mother is AB 12 34 56 C."]);
        finds("P06", &["Ask worker@example.org.", "Call 020 7946 0018, please."]);
    }

    #[test]
    fn a_title_or_a_naming_word_announces_a_name() {
        finds("P01", &["Agreed with Mrs Heron on Monday.", "MR HERON agreed", "Dr. A. B. Heron says so"]);
        finds("P01", &["The child is named Heron.", "her surname was Heron", "Forename: Heron"]);
    }

    #[test]
    fn a_word_of_birth_and_a_day_in_one_sentence_are_a_date_of_birth() {
        finds("P07", &["The child was born on 12/06/2014.", "DOB 12.06.2014", "12 June 2014 is the date of birth"]);
        finds("P07", &["Checked. Born 2014-06-12, as recorded.", "dob: 12062014"]);
    }

    #[test]
    fn what_officers_have_to_write_is_no_identifier() {
        let headings = Headings::of(&Specification::embedded().expect("the specification")).expect("the words");
        for text in [
            "The episode ceased on 03/02/2026; the court's order is dated 01/02/2026.",
            "Born in June 2014. The return was on 03/02/2026.",
            "Kestrel01 went home twice, on 3 May 2025 and 4 July 2025: both are right.",
            "Costs rose by 12% to 5,627 pounds a year in 2025-26.",
            "The programme is named for its place; the name is right.",
            "Compared with last year's 330 returns: 12345 sessions, E4A to E4B, U1 and K2.",
            "Miss a review and the rule fires; 250 ms later it is gone.",
            "The Dr advised it. Mr A and Ms B agreed.",
        ] {
            assert!(headings.free_text.identifiers_in(text).is_empty(), "{text}");
        }
    }
}
