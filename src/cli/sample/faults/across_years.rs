//! What the last return said and this one does not: the L rules.

use super::book::{Book, Place, at, on};
use super::record::{add_return, add_stay, add_to_total, of_return, record};
use super::{Spoiler, Way};
use crate::cli::sample::life::plus;

pub(super) const SPOILERS: &[Spoiler] = &[
    Spoiler::new("L801", Way::Years(another_ethnic_origin)),
    Spoiler::new("L802", Way::Years(return_gone)),
    Spoiler::new("L803", Way::Years(planned_after_all)),
    Spoiler::new("L804", Way::Years(re_entered_on_another_day)),
    Spoiler::new("L805", Way::Years(support_ended_on_another_day)),
    Spoiler::new("L806", Way::Years(return_told_late)),
    Spoiler::new("L807", Way::YearsWhole(many_more_returns)),
    Spoiler::new("L808", Way::Years(open_episode_gone)),
    Spoiler::new("L809", Way::Years(another_value)),
    Spoiler::new("L810", Way::Years(another_end)),
    Spoiler::new("L811", Way::Years(key_gone)),
];

/// The row of the last return that is about the same thing: equal in these fields.
fn same(last: &Book, book: &Book, table: &str, row: usize, fields: &[&str]) -> Option<usize> {
    let days = ["RETURN_DATE", "DECOM", "START_DATE"];
    let child = book.get(table, row, "CHILD");
    let equal = |other: &usize| {
        fields.iter().all(|field| match days.contains(field) {
            true => last.day(table, *other, field) == book.day(table, row, field),
            false => last.get(table, *other, field) == book.get(table, row, field),
        })
    };
    last.rows_of(table, child).into_iter().find(equal)
}

/// The first row of a child that a condition on it and on the same row of the last return picks.
fn pair(
    book: &Book,
    last: &Book,
    child: &str,
    (table, fields): (&str, &[&str]),
    fits: impl Fn(usize, usize) -> bool,
) -> Option<(usize, usize)> {
    let pairs =
        book.rows_of(table, child).into_iter().filter_map(|row| Some((row, same(last, book, table, row, fields)?)));
    pairs.into_iter().find(|(now, before)| fits(*now, *before))
}

fn is_compared(book: &Book, table: &str, row: usize) -> bool {
    book.day(table, row, "RETURN_DATE").is_some_and(|home| home >= book.horizon)
}

fn another_ethnic_origin(book: &mut Book, last: &mut Book, child: &str) -> Option<Place> {
    let (now, _) = pair(book, last, child, ("children", &[]), |_, _| true)?;
    let other = if book.get("children", now, "ETHNIC") == "MOTH" { "AOTH" } else { "MOTH" };
    book.set("children", now, "ETHNIC", other);
    at("children", now, "ETHNIC")
}

fn return_gone(book: &mut Book, last: &mut Book, child: &str) -> Option<Place> {
    let back = record(book, child)?.returns.first().cloned()?;
    last.rows_of("children", child).first()?;
    let day = plus(back.day, 3);
    if day < book.horizon || day > last.period.end {
        return None;
    }
    add_return(last, child, day);
    book.touch(child);
    on("reunifications", "RETURN_DATE")
}

fn planned_after_all(book: &mut Book, last: &mut Book, child: &str) -> Option<Place> {
    let fits = |now, _| {
        let of_type = book.get("reunifications", now, "RETURN_TYPE") == "E13";
        of_type
            && !matches!(book.get("reunifications", now, "STAGE"), "4" | "5")
            && book.get("reunifications", now, "PLANNED") == "P"
    };
    let (now, _) = pair(book, last, child, ("reunifications", &["RETURN_DATE"]), fits)?;
    book.set("reunifications", now, "PLANNED", "U");
    at("reunifications", now, "PLANNED")
}

fn re_entered_on_another_day(book: &mut Book, last: &mut Book, child: &str) -> Option<Place> {
    let fits = |now, _| is_compared(book, "breakdowns", now);
    let (now, before) = pair(book, last, child, ("breakdowns", &["RETURN_DATE"]), fits)?;
    let (home, again) = (book.day("breakdowns", now, "RETURN_DATE")?, book.day("breakdowns", now, "REENTRY_DATE")?);
    let back = *of_return(book, "reunifications", child, home).first()?;
    last.set_day("breakdowns", before, "REENTRY_DATE", plus(again, 3));
    book.touch(child);
    at("reunifications", back, "RETURN_DATE")
}

fn support_ended_on_another_day(book: &mut Book, last: &mut Book, child: &str) -> Option<Place> {
    let key = ["RETURN_DATE", "PHASE", "SUPPORT", "START_DATE"];
    let fits = |now, before| is_compared(book, "support", now) && last.has("support", before, "END_DATE");
    let (now, before) = pair(book, last, child, ("support", &key), fits)?;
    last.set_day("support", before, "END_DATE", plus(last.day("support", before, "END_DATE")?, -1));
    book.touch(child);
    at("support", now, "END_DATE")
}

fn return_told_late(book: &mut Book, last: &mut Book, child: &str) -> Option<Place> {
    let fits = |now, _| is_compared(book, "reunifications", now);
    let (now, before) = pair(book, last, child, ("reunifications", &["RETURN_DATE"]), fits)?;
    let home = last.day("reunifications", before, "RETURN_DATE")?;
    // One more or fewer of the last period is no change that anybody asks about; many would be.
    if last.period.contains(home) {
        return None;
    }
    for table in ["support", "breakdowns", "outcomes", "reunifications"] {
        of_return(last, table, child, home).into_iter().for_each(|row| last.take_out(table, row));
    }
    book.touch(child);
    at("reunifications", now, "RETURN_DATE")
}

/// Children who went home in this period and are new in this return are copied, until there are too many.
fn many_more_returns(book: &mut Book, last: &mut Book) -> Option<Place> {
    let in_period = |book: &Book| {
        let rows = book.rows("reunifications").into_iter();
        let days = rows.filter_map(|row| book.day("reunifications", row, "RETURN_DATE"));
        days.filter(|day| book.period.contains(*day)).count()
    };
    let before = in_period(last);
    let wanted = (before + before / 4 + 2).max(before + 11);
    let is_new =
        |child: &String| last.rows_of("children", child).is_empty() && last.rows_of("episodes", child).is_empty();
    let new: Vec<String> = book.untouched().into_iter().filter(is_new).collect();
    for number in 0..20 {
        for child in &new {
            if in_period(book) >= wanted {
                return on("reunifications", "RETURN_DATE");
            }
            copy_child(book, child, number)?;
        }
    }
    None
}

/// A child with the same journey under another pseudonym and without a key, counted in the totals.
fn copy_child(book: &mut Book, child: &str, number: usize) -> Option<()> {
    let record = record(book, child)?;
    let name = format!("{}x{number}", &child[..child.len() - 2]);
    for table in ["children", "episodes", "reunifications", "support", "breakdowns", "outcomes"] {
        for row in book.rows_of(table, child) {
            let mut changed = vec![("CHILD", name.as_str())];
            changed.extend((table == "children").then_some(("LINKAGE_KEY", "")));
            book.copy(table, row, &changed);
        }
    }
    let period = book.period;
    for back in record.returns.iter().filter(|back| period.contains(back.day)) {
        let measure = format!("CEASED_{}", book.get("reunifications", back.row, "RETURN_TYPE"));
        add_to_total(book, "CEASED", 1);
        add_to_total(book, &measure, 1);
    }
    Some(())
}

fn open_episode_gone(book: &mut Book, last: &mut Book, child: &str) -> Option<Place> {
    let record = record(book, child)?;
    last.rows_of("children", child).first()?;
    let day = plus(last.period.end, -20);
    let compared = record.returns.iter().any(|back| back.day >= book.horizon);
    if !compared || record.episodes.iter().any(|episode| episode.began == day) {
        return None;
    }
    add_stay(last, child, day, None);
    book.touch(child);
    on("episodes", "DECOM")
}

fn another_value(book: &mut Book, last: &mut Book, child: &str) -> Option<Place> {
    let fits = |now, before| {
        let flag = book.get("outcomes", now, "MEASURE") == "HEALTH";
        flag && is_compared(book, "outcomes", now) && last.has("outcomes", before, "VALUE")
    };
    let (now, _) = pair(book, last, child, ("outcomes", &["RETURN_DATE", "MONTHS", "MEASURE"]), fits)?;
    let other = if book.get("outcomes", now, "VALUE") == "1" { "0" } else { "1" };
    book.set("outcomes", now, "VALUE", other);
    at("outcomes", now, "VALUE")
}

fn another_end(book: &mut Book, last: &mut Book, child: &str) -> Option<Place> {
    let fits = |_, before| last.get("episodes", before, "REC") == "X1";
    let (now, before) = pair(book, last, child, ("episodes", &["DECOM"]), fits)?;
    last.set("episodes", before, "REC", "E8");
    book.touch(child);
    at("episodes", now, "REC")
}

fn key_gone(book: &mut Book, last: &mut Book, child: &str) -> Option<Place> {
    let (now, _) = pair(book, last, child, ("children", &[]), |_, before| last.has("children", before, "LINKAGE_KEY"))?;
    book.set("children", now, "LINKAGE_KEY", "");
    at("children", now, "LINKAGE_KEY")
}
