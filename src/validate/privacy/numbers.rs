//! Identifiers with a check: NHS numbers, UPNs, National Insurance numbers.

use super::tokens::{Token, grouped, span};
use std::ops::Range;

/// The letters of UPNs: A to Z without I, O and S. A check letter is the one at the remainder.
const UPN_LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPQRTUVWXYZ";

/// Ten digits whose last is the check digit: the sum of the others, weighted 10 to 2, taken from 11, modulo 11.
fn is_nhs_number(digits: impl Iterator<Item = u8> + Clone) -> bool {
    let sum: u32 = digits.clone().zip((2..=10).rev()).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = (11 - sum % 11) % 11;
    digits.clone().count() == 10 && digits.last().is_some_and(|last| u32::from(last - b'0') == check)
}

/// NHS numbers as ten digits, also behind the letters NHS, or in groups as people part them: 3-3-4, 3-7, 6-4.
pub(super) fn nhs_numbers(text: &str, tokens: &[Token], mut found: impl FnMut(Range<usize>)) {
    const GROUPS: [&[usize]; 4] = [&[10], &[3, 3, 4], &[3, 7], &[6, 4]];
    for (at, token) in tokens.iter().enumerate() {
        if !token.digits {
            let named = token.text(text).get(..3).is_some_and(|start| start.eq_ignore_ascii_case("NHS"));
            if named && holds_nhs_number(token.text(text)) {
                found(span(*token, *token));
            }
            continue;
        }
        for groups in GROUPS {
            let Some(parts) = tokens.get(at..at + groups.len()) else { continue };
            let shaped = parts.iter().zip(groups).all(|(part, length)| part.digits && part.len() == *length);
            if shaped
                && parts.windows(2).all(|pair| grouped(text, pair[0], pair[1]))
                && is_nhs_number(parts.iter().flat_map(|part| part.text(text).bytes()))
            {
                found(span(parts[0], parts[parts.len() - 1]));
            }
        }
    }
}

/// Whether a run of exactly ten digits within a text, such as a pseudonym, has a right check digit.
pub(super) fn holds_nhs_number(text: &str) -> bool {
    let runs = text.split(|letter: char| !letter.is_ascii_digit());
    runs.filter(|run| run.len() == 10).any(|run| is_nhs_number(run.bytes()))
}

/// A UPN: the check letter, then twelve digits, of which the last is a letter in a temporary UPN. The sum of the twelve,
/// weighted 2 to 13, modulo 23 gives the check letter; a letter counts as its place. Source: DfE, UPN guide.
fn is_upn(token: &[u8]) -> bool {
    let [check, body @ .., last] = token else { return false };
    if token.len() != 13 || !body.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let place = |letter: u8| UPN_LETTERS.iter().position(|known| *known == letter.to_ascii_uppercase());
    let last = if last.is_ascii_digit() { Some(usize::from(last - b'0')) } else { place(*last) };
    let Some(last) = last else { return false };
    let sum: usize = body.iter().zip(2..).map(|(digit, weight)| usize::from(digit - b'0') * weight).sum();
    place(*check) == Some((sum + last * 13) % 23)
}

pub(super) fn upns(text: &str, tokens: &[Token], mut found: impl FnMut(Range<usize>)) {
    for token in tokens.iter().filter(|token| token.ascii && token.len() == 13) {
        if is_upn(token.text(text).as_bytes()) {
            found(span(*token, *token));
        }
    }
}

/// Two letters of an issued prefix, six digits, a suffix A to D.
fn is_national_insurance(letters: &[u8]) -> bool {
    let [first, second, digits @ .., suffix] = letters else { return false };
    digits.len() == 6
        && digits.iter().all(u8::is_ascii_digit)
        && first.is_ascii_uppercase()
        && !b"DFIQUV".contains(first)
        && second.is_ascii_uppercase()
        && !b"DFIQUVO".contains(second)
        && ![*b"BG", *b"GB", *b"NK", *b"KN", *b"TN", *b"NT", *b"ZZ"].contains(&[*first, *second])
        && (b'A'..=b'D').contains(suffix)
}

/// National Insurance numbers whole, or in the groups in which they are printed: AB 12 34 56 C, AB 123456 C, AB123456 C.
pub(super) fn national_insurance_numbers(text: &str, tokens: &[Token], mut found: impl FnMut(Range<usize>)) {
    const GROUPS: [&[usize]; 5] = [&[9], &[2, 2, 2, 2, 1], &[2, 6, 1], &[8, 1], &[2, 7]];
    for at in 0..tokens.len() {
        for groups in GROUPS {
            let Some(parts) = tokens.get(at..at + groups.len()) else { continue };
            let shaped = parts.iter().zip(groups).all(|(part, length)| part.ascii && part.len() == *length);
            if !shaped || !parts.windows(2).all(|pair| grouped(text, pair[0], pair[1])) {
                continue;
            }
            let letters: Vec<u8> = parts
                .iter()
                .flat_map(|part| part.text(text).bytes())
                .map(|letter| letter.to_ascii_uppercase())
                .collect();
            if is_national_insurance(&letters) {
                found(span(parts[0], parts[parts.len() - 1]));
            }
        }
    }
}
