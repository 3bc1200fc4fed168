//! E-mail addresses and UK telephone numbers.

use super::tokens::{Token, is_hyphen, span};
use std::ops::Range;

/// E-mail addresses: something on both sides of an @, with a dot in what follows.
pub(super) fn addresses(text: &str, mut found: impl FnMut(Range<usize>)) {
    for (at, _) in text.match_indices('@') {
        let is_local = |letter: char| letter.is_alphanumeric() || "._%+-'".contains(letter);
        let is_host = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '.';
        let start = text[..at].char_indices().rev().take_while(|(_, letter)| is_local(*letter)).last();
        let host = &text[at + 1..];
        let length = host.find(|letter| !is_host(letter)).unwrap_or(host.len());
        let host = host[..length].trim_end_matches(['.', '-']);
        let named = host.rsplit_once('.').is_some_and(|(domain, top)| {
            !domain.is_empty() && top.chars().count() >= 2 && top.chars().all(char::is_alphabetic)
        });
        if let (Some((start, _)), true) = (start, named) {
            found(start..at + 1 + host.len());
        }
    }
}

/// Telephone numbers: ten or eleven digits from 01, 02, 03, 05, 07, 08 or 09, or the same after +44 or 0044. They may be
/// parted by spaces, hyphens, full stops, slashes and brackets, when the first group is one that people write: 020, 0161, 01234, 07700.
pub(super) fn telephones(text: &str, tokens: &[Token], mut found: impl FnMut(Range<usize>)) {
    for at in 0..tokens.len() {
        if let Some(last) = telephone(text, &tokens[at..]) {
            found(span(tokens[at], tokens[at + last]));
        }
    }
}

/// The last part of the telephone number that begins with the first of these parts.
fn telephone(text: &str, tokens: &[Token]) -> Option<usize> {
    let first = tokens.first().filter(|first| first.digits)?;
    let plus = text[..first.start].trim_end().ends_with('+');
    let opening = first.text(text);
    let begins = if plus { opening.starts_with("44") } else { opening.starts_with('0') && opening.len() >= 3 };
    if !begins {
        return None;
    }
    let mut digits = String::new();
    for (at, token) in tokens.iter().enumerate() {
        if !token.digits || at > 0 && !joined(&text[tokens[at - 1].end..token.start]) {
            return None;
        }
        digits.push_str(token.text(text));
        if digits.len() > 15 {
            return None;
        }
        if is_telephone(&digits, plus) {
            return Some(at);
        }
    }
    None
}

/// Between the groups of a number: a few spaces, marks and brackets.
fn joined(between: &str) -> bool {
    between.chars().count() <= 3
        && between.chars().all(|letter| letter.is_whitespace() || is_hyphen(letter) || "()./".contains(letter))
}

fn is_telephone(digits: &str, plus: bool) -> bool {
    let abroad = if plus { digits.strip_prefix("44") } else { digits.strip_prefix("0044") };
    let national = abroad.map(|rest| rest.strip_prefix('0').unwrap_or(rest));
    match national.or_else(|| digits.strip_prefix('0')) {
        // Without its first nought: nine or ten digits, by what the first of them is for.
        Some(rest) if national.is_some() || !plus => {
            let served = matches!(rest.as_bytes().first(), Some(b'1' | b'2' | b'3' | b'5' | b'7' | b'8' | b'9'));
            served && matches!(rest.len(), 9 | 10)
        }
        _ => false,
    }
}
