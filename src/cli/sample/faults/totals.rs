//! Control totals, the header, practice, and shares over the whole return: the T, Q and A rules.

use super::book::{Book, Place, at, on};
use super::record::{add_to_total, count, drop_child, record, total};
use super::{Spoiler, Way, when};
use crate::cli::sample::life::plus;
use crate::domain::period::add_months;

pub(super) const SPOILERS: &[Spoiler] = &[
    Spoiler::new("T701", Way::Whole(does_not_add_up)),
    Spoiler::new("T702", Way::Whole(another_number_of_returns)),
    Spoiler::new("T703", Way::Many(nobody_looked_after)),
    Spoiler::new("T705", Way::Whole(nothing_to_report)),
    Spoiler::new("T706", Way::Whole(total_missing)),
    Spoiler::new("T707", Way::Whole(few_go_home)),
    Spoiler::new("T708", Way::Whole(fewer_than_are_open)),
    Spoiler::new("T709", Way::Whole(fewer_than_started)),
    Spoiler::new("Q01", Way::Many(not_assessed)),
    Spoiler::new("Q02", Way::Many(family_not_known)),
    Spoiler::new("Q03", Way::Many(all_planned)),
    Spoiler::new("Q04", Way::Many(nobody_re_entered)),
    Spoiler::new("Q05", Way::Many(not_collected)),
    Spoiler::cell("A01", "practice", "ANSWER", |row| when(row.is("QUESTION", "POLICY"), "NSPCC")),
    Spoiler::cell("A01", "practice", "ANSWER", |row| when(row.is("QUESTION", "TEAM"), "Y;N")),
    Spoiler::new("A02", Way::Whole(effect_of_nothing)),
];

fn set_total(book: &mut Book, measure: &str, count: i64) -> Option<Place> {
    let row = total(book, measure)?;
    book.set("totals", row, "COUNT", &count.to_string());
    at("totals", row, "COUNT")
}

fn does_not_add_up(book: &mut Book) -> Option<Place> {
    let more = count(book, "CEASED") + 1;
    set_total(book, "CEASED", more)
}

fn another_number_of_returns(book: &mut Book) -> Option<Place> {
    add_to_total(book, "CEASED", 1);
    let more = count(book, "CEASED_E4A") + 1;
    set_total(book, "CEASED_E4A", more)
}

/// Every episode that is open ceases on the last day, so that none is open while nobody is looked after.
fn nobody_looked_after(book: &mut Book) -> Option<Place> {
    for row in book.rows("episodes") {
        if !book.has("episodes", row, "DEC") {
            book.set_day("episodes", row, "DEC", book.period.end);
            book.set("episodes", row, "REC", "E8");
        }
    }
    set_total(book, "CLA", 0)
}

fn nothing_to_report(book: &mut Book) -> Option<Place> {
    book.set("header", 0, "NIL_RETURN", "1");
    at("header", 0, "NIL_RETURN")
}

fn total_missing(book: &mut Book) -> Option<Place> {
    let row = total(book, "CLA")?;
    book.take_out("totals", row);
    on("totals", "MEASURE")
}

fn few_go_home(book: &mut Book) -> Option<Place> {
    let more = 25 * count(book, "CEASED").max(20);
    add_to_total(book, "CEASED", more);
    add_to_total(book, "CEASED_OTHER", more);
    on("totals", "COUNT")
}

fn fewer_than_are_open(book: &mut Book) -> Option<Place> {
    let open = book.rows("episodes").into_iter().filter(|row| !book.has("episodes", *row, "DEC")).count();
    let fewer = i64::try_from(open).ok().filter(|open| *open > 1)? - 1;
    set_total(book, "CLA", fewer)
}

fn fewer_than_started(book: &mut Book) -> Option<Place> {
    let in_period = |row: &usize| book.day("episodes", *row, "DECOM").is_some_and(|day| book.period.contains(day));
    let starts = book.find("episodes", &[("RNE", "S")]).into_iter().filter(in_period).count();
    let fewer = i64::try_from(starts).ok().filter(|starts| *starts > 0)? - 1;
    set_total(book, "STARTED", fewer)
}

/// The rows of returns home in the period.
fn of_the_period(book: &Book) -> Vec<usize> {
    let is_in =
        |row: &usize| book.day("reunifications", *row, "RETURN_DATE").is_some_and(|day| book.period.contains(day));
    book.rows("reunifications").into_iter().filter(is_in).collect()
}

fn not_assessed(book: &mut Book) -> Option<Place> {
    let mut rows = of_the_period(book);
    rows.retain(|row| book.get("reunifications", *row, "PLANNED") == "P");
    if rows.len() < 10 {
        return None;
    }
    for row in rows {
        for (field, text) in [("ASSESSED_DATE", ""), ("RISK", "NA"), ("TOOL", "LOCAL"), ("STAGE", "")] {
            book.set("reunifications", row, field, text);
        }
    }
    on("reunifications", "RISK")
}

fn family_not_known(book: &mut Book) -> Option<Place> {
    let rows = of_the_period(book);
    if rows.len() < 20 {
        return None;
    }
    rows.into_iter().for_each(|row| book.set("reunifications", row, "FAM_ABUSE", "9"));
    on("reunifications", "FAM_ABUSE")
}

/// Every return of the period is made a planned one, in the episodes and the totals too.
fn all_planned(book: &mut Book) -> Option<Place> {
    let rows = of_the_period(book);
    if rows.len() < 20 {
        return None;
    }
    for row in rows {
        if book.get("reunifications", row, "PLANNED") == "P" {
            continue;
        }
        let child = book.get("reunifications", row, "CHILD").to_owned();
        let home = book.day("reunifications", row, "RETURN_DATE")?;
        if book.get("reunifications", row, "RETURN_TYPE") == "E4B" {
            let last = record(book, &child)?.episodes.into_iter().find(|episode| episode.ended == Some(home))?;
            book.set("episodes", last.row, "REC", "E4A");
            book.set("reunifications", row, "RETURN_TYPE", "E4A");
            add_to_total(book, "CEASED_E4B", -1);
            add_to_total(book, "CEASED_E4A", 1);
        }
        let assessed = book.written(plus(home, -10));
        let changes = [("PLANNED", "P"), ("LEGAL_AFTER", "CIN"), ("ASSESSED_DATE", &assessed), ("RISK", "LOW")];
        changes.into_iter().for_each(|(field, text)| book.set("reunifications", row, field, text));
        let back = book.written(home);
        let prepared = book.find("support", &[("CHILD", &child), ("RETURN_DATE", &back), ("PHASE", "PRE")]);
        if prepared.is_empty() {
            let start = book.written(plus(home, -20));
            let of = [("CHILD", child.as_str()), ("RETURN_DATE", &back), ("PHASE", "PRE"), ("SUPPORT", "PAR")];
            let how = [("DELIVERY", "D"), ("START_DATE", &start), ("END_DATE", &back), ("ENDED_BECAUSE", "GOALS")];
            book.add("support", &[&of[..], &how[..]].concat());
        }
    }
    on("reunifications", "PLANNED")
}

/// Children who re-entered within a year are left out of the return altogether.
fn nobody_re_entered(book: &mut Book) -> Option<Place> {
    for child in book.untouched() {
        let soon = record(book, &child)?.returns.into_iter().any(|back| {
            let year = add_months(back.day, 12);
            back.again.zip(year).is_some_and(|((_, again), year)| again <= year)
        });
        if soon {
            drop_child(book, &child);
        }
    }
    on("reunifications", "RETURN_DATE")
}

fn not_collected(book: &mut Book) -> Option<Place> {
    let due = |row: &usize| {
        let months = book.get("outcomes", *row, "MONTHS").parse().ok();
        let point =
            book.day("outcomes", *row, "RETURN_DATE").zip(months).and_then(|(day, months)| add_months(day, months));
        book.has("outcomes", *row, "VALUE") && point.is_some_and(|point| point <= book.period.end)
    };
    let rows: Vec<usize> = book.rows("outcomes").into_iter().filter(due).collect();
    if rows.len() < 40 {
        return None;
    }
    for row in rows {
        for (field, text) in [("OBSERVED", ""), ("VALUE", ""), ("NOT_OBSERVED", "NOTCOLL")] {
            book.set("outcomes", row, field, text);
        }
    }
    on("outcomes", "NOT_OBSERVED")
}

/// How well something works is said, and not that it is done.
fn effect_of_nothing(book: &mut Book) -> Option<Place> {
    for (question, needed) in [("FGDM_PRE_EFFECT", "FGDM_PRE"), ("FGDM_POST_EFFECT", "FGDM_POST")] {
        let answered = book.find("practice", &[("QUESTION", needed)]).first().copied();
        let Some(answered) = answered else { continue };
        let effect = book.find("practice", &[("QUESTION", question)]).first().copied();
        let effect = effect.unwrap_or_else(|| book.add("practice", &[("QUESTION", question), ("ANSWER", "SOME")]));
        book.set("practice", answered, "ANSWER", "N");
        return at("practice", effect, "QUESTION");
    }
    None
}
