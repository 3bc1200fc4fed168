//! That rules find the same whatever runs before them; and how a return is taken apart and put together.

use super::rate::plant;
use super::*;
use crate::cli::sample::{Authorities, SampleOptions, generate};
use crate::intake::{IntakeOptions, Source, read};
use crate::validate::{CheckContext, Validator, report};
use std::sync::Arc;

fn made(specification: &Specification, returns_a_year: f64) -> SampleReturn {
    let options = SampleOptions {
        authorities: Authorities::Some(vec!["301".to_owned()]),
        returns_a_year: Some(returns_a_year),
        ..SampleOptions::new("reunification-2026", 9)
    };
    let mut returns = generate(&options, specification).expect("the options are good");
    returns.next().expect("one return").expect("it is made")
}

#[test]
fn the_order_of_the_rules_changes_nothing() {
    let specification = Arc::new(Specification::embedded().expect("the specification loads"));
    let collection = specification.latest().expect("a collection").clone();
    let mut made = made(&specification, 20.0);
    let planted = plant(&mut made, 0.1, 5, &specification, &collection);
    assert!(planted.len() > 100, "{} faults", planted.len());
    let validator = Validator::new(Arc::clone(&specification)).expect("the validator is made");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("return.zip");
    std::fs::write(&path, made.zip().expect("a ZIP")).expect("written");
    let reports: Vec<Vec<u8>> = [0, 0, 37, 101]
        .into_iter()
        .map(|by| {
            // The first time as the specification has them, then turned round again and again.
            if by > 0 {
                validator.turn_rules(&collection, by);
            }
            let options = IntakeOptions::new(specification.limits.clone());
            let taken = read(&Source::File(path.clone()), &specification, &options).expect("the file is read");
            report::json(&validator.check(taken, &CheckContext::default()).report)
        })
        .collect();
    assert!(reports.iter().all(|report| *report == reports[0]), "the reports are the same, byte for byte");
}

#[test]
fn a_return_taken_apart_and_put_together_is_itself() {
    let specification = Specification::embedded().expect("the specification loads");
    let made = made(&specification, 5.0);
    let mut book = open(&made, &specification, specification.latest().expect("a collection"));
    assert_eq!(book.close(), made.tables);
    let rows = book.rows("support");
    book.take_out("support", rows[1]);
    let copy = book.copy("support", rows[0], &[("HOURS", "7")]);
    assert_eq!(book.shown("support", rows[2]), 3, "a row moves up when one before it is taken out");
    assert_eq!(book.all_shown("support")[copy], book.shown("support", copy));
    assert_eq!(book.get("support", copy, "HOURS"), "7");
    let closed = book.close();
    let support = closed.iter().find(|table| table.name == "support").expect("the table is there");
    assert_eq!(support.rows as usize, rows.len(), "one out, one in");
}
