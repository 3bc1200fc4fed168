//! Rules broken on purpose: the examples of each must notice, or they have no teeth.

use homeward::spec::{CheckKind, Rule, Specification};
use homeward::validate::examples::ExampleRunner;
use std::sync::Mutex;

/// One way in which a query is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mutant {
    what: String,
    sql: String,
}

/// The query that never finds anything, and for each of its conditions the query without it.
fn mutants(sql: &str) -> Vec<Mutant> {
    let never =
        Mutant { what: "it never finds anything".to_owned(), sql: format!("SELECT * FROM ({sql}) WHERE false") };
    let always = places(sql, "WHERE ").into_iter().map(|(number, at)| {
        let end = at + "WHERE ".len();
        // AND binds more closely than OR, so the whole condition is true.
        let sql = format!("{}true OR {}", &sql[..end], &sql[end..]);
        Mutant { what: format!("condition {number} is always true"), sql }
    });
    std::iter::once(never).chain(always).collect()
}

/// Small changes of one place each: a comparison turned, a word negated. The least and the greatest are left as they are:
/// most are of one row, told once where the row it is joined with might stand twice.
fn slips(sql: &str) -> Vec<Mutant> {
    const TURNS: [(&str, &str); 13] = [
        (" <> ", " = "),
        (" = ", " <> "),
        (" >= ", " > "),
        (" <= ", " < "),
        (" > ", " >= "),
        (" < ", " <= "),
        (" AND ", " OR "),
        (" OR ", " AND "),
        ("NOT EXISTS", "EXISTS"),
        (" NOT IN (", " IN ("),
        ("IS NOT NULL", "IS NULL"),
        ("IS NULL", "IS NOT NULL"),
        (" DESC", ""),
    ];
    let turned = TURNS.iter().flat_map(|(from, to)| {
        places(sql, from).into_iter().map(move |(number, at)| Mutant {
            what: format!("{from:?} number {number} is {to:?}"),
            sql: format!("{}{to}{}", &sql[..at], &sql[at + from.len()..]),
        })
    });
    turned.collect()
}

/// Where a text stands in a query, counted from 1.
fn places(sql: &str, text: &str) -> Vec<(usize, usize)> {
    sql.match_indices(text).enumerate().map(|(number, (at, _))| (number + 1, at)).collect()
}

/// What became of mutants.
#[derive(Default)]
struct Outcome {
    all: usize,
    /// Those that no example of their rule notices.
    survived: Vec<String>,
    /// Those that do not plan or run, so that no example was needed to notice them.
    stillborn: Vec<String>,
}

fn outcome_of(ways: fn(&str) -> Vec<Mutant>) -> Outcome {
    let specification = Specification::embedded().expect("the specification loads");
    let runner = ExampleRunner::new(&specification).expect("the examples' collection is there");
    let rules = specification.rules.values().filter(|rule| rule.kind == CheckKind::Query);
    let all = rules
        .flat_map(|rule| ways(rule.sql.as_deref().unwrap_or_default()).into_iter().map(move |mutant| (rule, mutant)));
    let all: Vec<(&Rule, Mutant)> = all.collect();
    let (next, outcome) = (Mutex::new(all.iter()), Mutex::new(Outcome { all: all.len(), ..Outcome::default() }));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((rule, mutant)) = next.lock().expect("no thread panicked").next() else { return };
                    let broken = Rule { sql: Some(mutant.sql.clone()), ..(*rule).clone() };
                    let mismatches = runner.run_rule(&broken);
                    if mismatches.iter().any(|mismatch| mismatch.is_of_example) {
                        continue;
                    }
                    let mut outcome = outcome.lock().expect("no thread panicked");
                    let kind = if mismatches.is_empty() { &mut outcome.survived } else { &mut outcome.stillborn };
                    kind.push(format!("{}: {}", rule.code, mutant.what));
                }
            });
        }
    });
    let mut outcome = outcome.into_inner().expect("no thread panicked");
    outcome.survived.sort();
    outcome.stillborn.sort();
    outcome
}

#[test]
fn a_rule_that_finds_nothing_or_everything_fails_its_own_examples() {
    let Outcome { all, survived, stillborn } = outcome_of(mutants);
    assert!(all > 250, "{all} mutants");
    assert!(
        stillborn.len() * 20 < all,
        "{} of {all} broken rules do not run, so that no example could notice them:\n{}",
        stillborn.len(),
        stillborn.join("\n")
    );
    let survived: Vec<&str> = survived.iter().map(String::as_str).filter(|what| !SPARING.contains(what)).collect();
    assert!(
        survived.is_empty(),
        "{} of {all} broken rules pass their examples:\n{}",
        survived.len(),
        survived.join("\n")
    );
}

/// Conditions that only spare work: what they keep out, another condition of the query keeps out as well.
const SPARING: [&str; 5] = [
    "O605: condition 1 is always true",
    "O607: condition 1 is always true",
    "R318: condition 1 is always true",
    "R318: condition 3 is always true",
    "S411: condition 1 is always true",
];

/// A minute and more: run by hand when a rule or its examples change.
#[test]
#[ignore = "runs a thousand queries; cargo test --test suite slips -- --ignored"]
fn nearly_all_slips_of_a_query_fail_its_own_examples() {
    let Outcome { all, survived, stillborn } = outcome_of(slips);
    println!("{} of {all} slips do not run:\n{}", stillborn.len(), stillborn.join("\n"));
    assert!(survived.len() * 20 < all, "{} of {all} slips pass the examples:\n{}", survived.len(), survived.join("\n"));
}
