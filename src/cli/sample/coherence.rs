//! That one seed tells one history: what a return says of days up to the end of an earlier one, that one says too.

use super::tests::specification;
use super::*;
use crate::domain::period::{Period, add_months};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// The cells of a row that are not empty, by field; days with the year first.
type Row = BTreeMap<String, String>;

/// The specification with collections of years before its own, over which authorities began, ended and changed codes.
fn longer() -> &'static Specification {
    static LONGER: OnceLock<Specification> = OnceLock::new();
    LONGER.get_or_init(|| {
        let mut specification = specification();
        let first = specification.collections[0].clone();
        for back in 1..=3 {
            let moved = |day: NaiveDate| add_months(day, -12 * back).expect("a day of a year before");
            let year = first.year - back;
            let period = Period { start: moved(first.period.start), end: moved(first.period.end) };
            let id = first.id.replace(&first.year.to_string(), &year.to_string());
            specification.collections.insert(0, Collection { id, year, period, ..first.clone() });
        }
        specification
    })
}

fn collection(year: i32) -> &'static Collection {
    longer().collections.iter().find(|one| one.year == year).expect("a collection of the year")
}

fn made(year: i32, seed: u64, authorities: &[&str]) -> Vec<SampleReturn> {
    let authorities = Authorities::Some(authorities.iter().map(|code| (*code).to_owned()).collect());
    let options = SampleOptions { authorities, scale: 0.4, ..SampleOptions::new(collection(year).id.clone(), seed) };
    super::tests::made(&options, longer())
}

/// A table's rows, but with sexes as collections since 2025 write them.
fn cells(made: &SampleReturn, table: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(made.table(table).expect("the table is there").bytes.as_slice());
    let headings = reader.headers().expect("there are headings").clone();
    let cell = |(field, text): (&str, &str)| {
        let sex =
            if field == "SEX" { [("1", "M"), ("2", "F")].into_iter().find(|(old, _)| *old == text) } else { None };
        let day = NaiveDate::parse_from_str(text, "%d/%m/%Y").ok().map(|day| day.to_string());
        (field.to_owned(), sex.map(|(_, new)| new.to_owned()).or(day).unwrap_or_else(|| text.to_owned()))
    };
    let rows = reader.records().map(|row| row.expect("the row is CSV"));
    rows.map(|row| headings.iter().zip(row.iter()).filter(|(_, text)| !text.is_empty()).map(cell).collect()).collect()
}

fn day(row: &Row, field: &str) -> Option<NaiveDate> {
    row.get(field).map(|text| text.parse().expect("a date of the sample"))
}

/// What two returns of an authority can both tell of: children by their returns home, days up to the earlier's end.
struct Common {
    end: NaiveDate,
    /// The first return home, and the first start, that both tell of.
    window: NaiveDate,
    horizon: NaiveDate,
    children: BTreeSet<String>,
}

impl Common {
    fn of(earlier: &SampleReturn, later: &SampleReturn, then: &Collection, now: &Collection) -> Self {
        let end = then.period.end;
        let (window, horizon) = (now.window_start(longer().horizon), now.horizon_start(longer().horizon));
        let born: BTreeMap<String, NaiveDate> = [earlier, later]
            .iter()
            .flat_map(|made| cells(made, "children"))
            .map(|row| (row["CHILD"].clone(), format!("{}-01", row["BIRTH_MONTH"]).parse().expect("a month")))
            .collect();
        // A child who may be 25 by the end of the later period is left out of it, however long ago it went home.
        let young = |child: &str| add_months(born[child], 25 * 12) > Some(now.period.end);
        let both = |row: &Row| day(row, "RETURN_DATE").is_some_and(|home| window <= home && home <= end);
        let rows = [earlier, later].into_iter().flat_map(|made| cells(made, "reunifications"));
        let children = rows.filter(both).map(|row| row["CHILD"].clone()).filter(|child| young(child)).collect();
        Self { end, window, horizon, children }
    }

    /// The rows of a table about these children and about returns home that both tell of.
    fn rows(&self, made: &SampleReturn, table: &str) -> Vec<Row> {
        let told = |row: &Row| {
            let home = day(row, "RETURN_DATE");
            self.children.contains(&row["CHILD"]) && home.is_none_or(|home| self.window <= home && home <= self.end)
        };
        cells(made, table).into_iter().filter(told).collect()
    }

    /// What was known at the earlier end: no rows of later days; what ended later is open.
    fn known(&self, rows: Vec<Row>, begins: &str, ends: &str, at_the_end: &[&str]) -> BTreeSet<Row> {
        let rows = rows.into_iter().filter(|row| day(row, begins).is_some_and(|day| day <= self.end));
        rows.map(|mut row| {
            if day(&row, ends).is_some_and(|day| day > self.end) {
                row.remove(ends);
                at_the_end.iter().for_each(|field| drop(row.remove(*field)));
            }
            row
        })
        .collect()
    }
}

fn without(rows: BTreeSet<Row>, condition: impl Fn(&Row) -> bool, fields: &[&str]) -> BTreeSet<Row> {
    let cut = |mut row: Row| {
        if condition(&row) {
            fields.iter().for_each(|field| drop(row.remove(*field)));
        }
        row
    };
    rows.into_iter().map(cut).collect()
}

/// Holds two returns of an authority against each other, and says how many rows were.
fn assert_agree(earlier: &SampleReturn, later: &SampleReturn, then: &Collection, now: &Collection) -> usize {
    let common = Common::of(earlier, later, then, now);
    let mut held = 0;
    let mut same = |table: &str, before: BTreeSet<Row>, after: BTreeSet<Row>| {
        let gone: Vec<&Row> = before.difference(&after).take(3).collect();
        let new: Vec<&Row> = after.difference(&before).take(3).collect();
        let who = (&later.authority, now.year);
        assert!(
            gone.is_empty() && new.is_empty(),
            "{who:?} {table}: gone {gone:?}, new though of earlier days {new:?}"
        );
        held += before.len();
    };
    let both = |table: &str| (common.rows(earlier, table), common.rows(later, table));
    let all = |rows: Vec<Row>| rows.into_iter().collect::<BTreeSet<Row>>();

    let (before, after) = both("children");
    same("children", all(before), all(after));
    let (before, after) = both("episodes");
    let ended = |rows| common.known(rows, "DECOM", "DEC", &["REC", "REASON_PLACE_CHANGE"]);
    same("episodes", ended(before), ended(after));
    let (before, after) = both("support");
    // Hours and cost of what goes on are those so far.
    let ended = |rows| {
        let open = |row: &Row| !row.contains_key("END_DATE");
        without(common.known(rows, "START_DATE", "END_DATE", &["ENDED_BECAUSE"]), open, &["HOURS", "COST"])
    };
    same("support", ended(before), ended(after));
    let (before, after) = both("breakdowns");
    same("breakdowns", all(before), common.known(after, "REENTRY_DATE", "REENTRY_DATE", &[]));
    let (before, after) = both("outcomes");
    let observed = |rows| common.known(rows, "OBSERVED", "OBSERVED", &[]);
    let reasons = |rows: &[Row]| {
        let told = |row: &&Row| row.get("NOT_OBSERVED").is_some_and(|reason| reason != "NOTDUE");
        rows.iter().filter(told).cloned().collect::<BTreeSet<Row>>()
    };
    // Why a point was not observed has no day, so that only what is gone can be told.
    let (then_given, now_given) = (reasons(&before), reasons(&after));
    same("reasons", then_given.clone(), then_given.intersection(&now_given).cloned().collect());
    same("outcomes", observed(before), observed(after));

    // A meeting held since, and an assessment made since, are known of the later return alone.
    let meetings = |made| {
        let later_one = |row: &Row| row["SUPPORT"] == "FGD" && day(row, "START_DATE") > Some(common.end);
        let rows = common.rows(made, "support").into_iter().filter(later_one);
        rows.map(|row| (row["CHILD"].clone(), row["RETURN_DATE"].clone())).collect::<BTreeSet<_>>()
    };
    let met = meetings(later);
    let told = |rows| {
        let rows = common.known(rows, "RETURN_DATE", "ASSESSED_DATE", &["RISK"]);
        let rows = without(rows, |row| row.get("RISK").is_some_and(|risk| risk == "NA"), &["RISK"]);
        without(rows, |row| met.contains(&(row["CHILD"].clone(), row["RETURN_DATE"].clone())), &["FGDM_POST"])
    };
    let (before, after) = both("reunifications");
    same("reunifications", told(before), told(after));

    let starts = |made| {
        let rows: Vec<Row> = cells(made, "starts");
        let rows = rows.into_iter().filter(|row| day(row, "DECOM") >= Some(common.horizon)).collect();
        common.known(rows, "DECOM", "DEC", &[])
    };
    same("starts", starts(earlier), starts(later));
    for table in ["practice", "costs"] {
        same(table, all(cells(earlier, table)), all(cells(later, table)));
    }
    held
}

/// Authorities of every kind that were there all the time: two of them were counties until 2023, one changed its code in
/// 2025, one is tiny.
const AUTHORITIES: [&str; 7] = ["330", "815", "933", "857", "373", "881", "303"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn consecutive_collections_of_a_seed_tell_one_history(
        seed in any::<u64>(),
        year in 2021..=2025,
        two in prop::sample::subsequence(AUTHORITIES.to_vec(), 2),
    ) {
        let (before, after) = (made(year, seed, &two), made(year + 1, seed, &two));
        let held = before.iter().zip(&after).map(|(then, now)| assert_agree(then, now, collection(year), collection(year + 1)));
        let held: usize = held.sum();
        prop_assert!(held > 100, "{held} rows held against each other");
    }
}

#[test]
fn an_authority_that_another_one_ended_beside_tells_one_history() {
    // Between these two collections a county became two authorities, and two others changed their kind.
    let (before, after) = (made(2023, 4, &["815", "933", "340"]), made(2024, 4, &["815", "933", "340"]));
    let held: usize =
        before.iter().zip(&after).map(|(then, now)| assert_agree(then, now, collection(2023), collection(2024))).sum();
    assert!(held > 1_000, "{held} rows held against each other");
}

#[test]
fn years_apart_one_history_is_told() {
    let (before, after) = (made(2022, 9, &["881"]), made(2026, 9, &["881"]));
    let held = assert_agree(&before[0], &after[0], collection(2022), collection(2026));
    assert!(held > 1_000, "{held} rows held against each other");
}
