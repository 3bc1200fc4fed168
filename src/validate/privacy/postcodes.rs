//! UK postcodes, by the forms that are issued: A9, A99, AA9, AA99, A9A or AA9A, then 9AA; and GIR 0AA.

use super::tokens::{Token, grouped, span};
use std::ops::Range;

/// The outward part. Letters that are never issued in a place are not taken: so codes look less like postcodes.
fn is_outward(letters: &[u8]) -> bool {
    let letter = |at: usize| letters.get(at).copied().filter(u8::is_ascii_uppercase);
    let digit = |at: usize| letters.get(at).is_some_and(u8::is_ascii_digit);
    let Some(first) = letter(0).filter(|first| !b"QVX".contains(first)) else { return letters == b"GIR" };
    match (letters.len(), letter(1)) {
        (3, Some(b'I')) if first == b'G' => letters == b"GIR",
        (2, None) => digit(1),
        (3, None) => digit(1) && (digit(2) || letter(2).is_some_and(|third| b"ABCDEFGHJKPSTUW".contains(&third))),
        (3, Some(second)) => !b"IJZ".contains(&second) && digit(2),
        (4, Some(second)) => {
            !b"IJZ".contains(&second)
                && digit(2)
                && (digit(3) || letter(3).is_some_and(|fourth| b"ABEHMNPRVWXY".contains(&fourth)))
        }
        _ => false,
    }
}

fn is_inward(letters: &[u8]) -> bool {
    let [digit, units @ ..] = letters else { return false };
    digit.is_ascii_digit()
        && units.len() == 2
        && units.iter().all(|unit| unit.is_ascii_uppercase() && !b"CIKMOV".contains(unit))
}

fn is_postcode(outward: &str, inward: &str) -> bool {
    let (outward, inward) = (outward.to_ascii_uppercase(), inward.to_ascii_uppercase());
    let whole = outward != "GIR" || inward == "0AA";
    is_outward(outward.as_bytes()) && is_inward(inward.as_bytes()) && whole
}

/// Postcodes whose parts stand together, or are parted by white space or one mark.
pub(super) fn postcodes(text: &str, tokens: &[Token], mut found: impl FnMut(Range<usize>)) {
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.ascii) {
        let part = token.text(text);
        if (5..=7).contains(&part.len()) {
            let (outward, inward) = part.split_at(part.len() - 3);
            if is_postcode(outward, inward) {
                found(span(*token, *token));
            }
        }
        let Some(next) = tokens.get(at + 1).filter(|next| next.ascii && next.len() == 3) else { continue };
        if (2..=4).contains(&part.len()) && grouped(text, *token, *next) && is_postcode(part, next.text(text)) {
            found(span(*token, *next));
        }
    }
}
