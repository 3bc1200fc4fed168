//! Lists of codes in one cell. Codes are compared without regard to case, as they are read.

fn items<'a>(list: &'a str, separators: &'static [char]) -> impl Iterator<Item = &'a str> {
    list.split(separators).map(str::trim).filter(|item| !item.is_empty())
}

pub(super) fn has_code(list: &str, code: &str) -> bool {
    items(list, &[';']).any(|item| item.eq_ignore_ascii_case(code))
}

pub(super) fn code_count(list: &str) -> i64 {
    i64::try_from(items(list, &[';']).count()).unwrap_or(i64::MAX)
}

pub(super) fn codes_within(list: &str, allowed: &str) -> bool {
    items(list, &[';']).all(|item| items(allowed, &[';', '|']).any(|other| item.eq_ignore_ascii_case(other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_whole_item_of_the_list() {
        assert!(has_code("S1; S4", "S4"));
        assert!(has_code("s4", "S4"));
        assert!(!has_code("S14", "S4"));
        assert!(!has_code("", "S4"));
        assert!(!has_code("S1", ""));
    }

    #[test]
    fn codes_are_counted_one_by_one_and_empty_items_are_none() {
        assert_eq!(code_count("S1;S1;S4"), 3);
        assert_eq!(code_count(" ; "), 0);
    }

    #[test]
    fn every_code_must_be_allowed() {
        assert!(codes_within("A;B", "A|B|C"));
        assert!(codes_within("A;B", "C; B;A"));
        assert!(codes_within("", "A"));
        assert!(!codes_within("A;D", "A|B|C"));
    }
}
