//! Every rule planted in a clean sample return, and found again at its place with nothing else.

use crate::sample_support::{Bench, bench, found, planted};
use homeward::cli::sample::{SampleReturn, Scene, Spoiler, spoilers};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, OnceLock};

/// A seed of which authority 301 reports costs too.
const SEED: u64 = 9;

/// An authority's return, its last return, and another authority's.
struct Stage {
    own: SampleReturn,
    previous: SampleReturn,
    other: SampleReturn,
}

/// Stages with more and more returns home a year: most faults need few, and a small return is checked sooner.
const SIZES: [f64; 2] = [8.0, 26.0];

fn stages() -> &'static [Stage] {
    static STAGES: OnceLock<Vec<Stage>> = OnceLock::new();
    STAGES.get_or_init(|| {
        let bench = bench();
        let one = |year, authority: &str, returns| {
            bench.sample(year, SEED, &[authority], returns).pop().expect("one return was asked for")
        };
        let stage = |size| Stage {
            own: one(2026, "301", size),
            previous: one(2025, "301", size),
            other: one(2026, "302", size / 2.0),
        };
        SIZES.map(stage).into()
    })
}

/// The return beside whatever the rule compares with, and no more than that.
fn scene(bench: &Bench, stage: &Stage, spoiler: &Spoiler) -> Scene {
    let scene = Scene::new(&stage.own, &bench.specification, bench.collection(2026));
    match spoiler.code.as_bytes() {
        [b'L', ..] => scene.with_previous(&stage.previous, &bench.specification, bench.collection(2025)),
        b"N901" | b"N902" | b"N903" => scene.with_other(&stage.other, &bench.specification, bench.collection(2026)),
        _ => scene,
    }
}

/// The first stage that has a place for a fault, with the fault planted in it.
fn planted_in(bench: &Bench, spoiler: &Spoiler) -> Option<Scene> {
    stages().iter().find_map(|stage| {
        let mut scene = scene(bench, stage, spoiler);
        scene.plant(spoiler, 5).then_some(scene)
    })
}

/// What is wrong with a spoiler, if anything: the fault planted alone must be found, and nothing else.
fn wrong(bench: &Bench, spoiler: &Spoiler) -> Option<String> {
    let Some(scene) = planted_in(bench, spoiler) else { return Some("the sample has no place for it".to_owned()) };
    let report = bench.check_scene(&scene);
    let found = found(&report);
    let (of_rule, beside): (Vec<_>, Vec<_>) = found.into_iter().partition(|place| place.0 == spoiler.code);
    let is_of_file = |place: &(String, String, Option<u64>, String)| place.0.starts_with(['F', 'P']);
    let told = planted(&scene.planted());
    // Of a file that cannot be read the table is known at most.
    let as_told = |place: &(String, String, Option<u64>, String)| match is_of_file(place) {
        true if told[0].3.is_empty() => told[0].1.is_empty() || place.1 == told[0].1,
        true => (&place.1, &place.3) == (&told[0].1, &told[0].3) || place.3.is_empty() == told[0].3.is_empty(),
        false => told.contains(place),
    };
    let codes: BTreeSet<&str> = beside.iter().map(|place| place.0.as_str()).collect();
    let expected: BTreeSet<&str> = spoiler.beside.iter().map(|(code, _)| *code).collect();
    let once = of_rule.len() == 1 || of_rule.first().is_some_and(is_of_file) && !of_rule.is_empty();
    (!once || !of_rule.iter().all(as_told) || codes != expected).then(|| {
        format!("planted {told:?}, found {of_rule:?}, and beside it {beside:?}; expected beside it {expected:?}")
    })
}

#[test]
fn every_rule_is_planted_and_found_again_and_nothing_else_is() {
    let bench = bench();
    let all = spoilers();
    let without: Vec<&String> =
        bench.specification.rules.keys().filter(|code| !all.iter().any(|spoiler| spoiler.code == **code)).collect();
    assert!(without.is_empty(), "no spoiler plants {without:?}");
    let unknown: Vec<&Spoiler> =
        all.iter().filter(|spoiler| !bench.specification.rules.contains_key(spoiler.code)).collect();
    assert!(unknown.is_empty(), "the specification has no rule for {unknown:?}");
    let only = std::env::var("ONLY").unwrap_or_default();
    let next = Mutex::new(all.iter().filter(|s| only.is_empty() || s.code.starts_with(&only)));
    let problems: Mutex<BTreeMap<String, String>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(spoiler) = next.lock().expect("no thread panicked").next() else { return };
                    if let Some(problem) = wrong(bench, spoiler) {
                        let mut problems = problems.lock().expect("no thread panicked");
                        let number = problems.len();
                        problems.insert(format!("{} {number}", spoiler.code), problem);
                    }
                }
            });
        }
    });
    let problems = problems.into_inner().expect("no thread panicked");
    let told: Vec<String> = problems.iter().map(|(code, problem)| format!("{code}: {problem}")).collect();
    assert!(told.is_empty(), "{} of {} spoilers:\n{}", told.len(), all.len(), told.join("\n"));
}
