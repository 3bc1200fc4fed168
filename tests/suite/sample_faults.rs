//! Every rule planted in a clean sample return, and found again at its place with nothing else.

use crate::sample_support::{Bench, Where, bench, found, planted};
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
    let told = planted(&scene.planted()).pop().expect("one fault was planted");
    let is_refusal = spoiler.code.starts_with(['F', 'P']);
    // A refusal stands where it can be seen first, and an identifier wherever else it is: one at the place is enough.
    let agrees = |place: &Where| match is_refusal {
        true => (told.1.is_empty() || place.1 == told.1) && (told.3.is_empty() || place.3 == told.3),
        false => *place == told,
    };
    let is_found = of_rule.iter().any(agrees) && (is_refusal || of_rule.len() == 1);
    let codes: BTreeSet<&str> = beside.iter().map(|place| place.0.as_str()).collect();
    let expected: BTreeSet<&str> = spoiler.beside.iter().map(|(code, _)| *code).collect();
    (!is_found || codes != expected).then(|| {
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
    let next = Mutex::new(all.iter());
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

/// A turn of the spoilers that a seed decides, of each rule one.
fn turned(seed: usize, mut wanted: Vec<Spoiler>) -> Vec<Spoiler> {
    let by = seed * 17 % wanted.len();
    wanted.rotate_left(by);
    let mut codes = BTreeSet::new();
    wanted.retain(|spoiler| codes.insert(spoiler.code));
    wanted
}

/// Faults of so many rules in one return, one of them about the return as a whole.
fn together(bench: &Bench, seed: usize, most: usize) -> (Scene, usize) {
    let stage = stages().last().expect("there are stages");
    let mut scene = Scene::new(&stage.own, &bench.specification, bench.collection(2026));
    let alone = spoilers().into_iter().filter(|spoiler| spoiler.beside.is_empty());
    let (of_records, others): (Vec<Spoiler>, Vec<Spoiler>) = alone.partition(Spoiler::is_of_a_record);
    let of_the_whole = turned(seed, others.into_iter().filter(Spoiler::is_of_few_rows).collect());
    let mut count = usize::from(of_the_whole.iter().any(|spoiler| scene.plant(spoiler, seed)));
    for spoiler in turned(seed, of_records) {
        if count < most && scene.plant(&spoiler, seed * 31) {
            count += 1;
        }
    }
    (scene, count)
}

#[test]
fn thirty_faults_of_thirty_rules_are_all_found_in_one_round() {
    let bench = bench();
    for (seed, most) in [(1, 30), (2, 30), (3, 30), (4, usize::MAX)] {
        let (scene, count) = together(bench, seed, most);
        let told = planted(&scene.planted());
        let rules: BTreeSet<&str> = told.iter().map(|place| place.0.as_str()).collect();
        assert_eq!(rules.len(), count, "each fault is of a rule of its own");
        assert!(count == most || count > 80, "{count} faults were planted");
        assert_eq!(found(&bench.check_scene(&scene)), told, "seed {seed}");
    }
}

#[test]
fn faults_between_two_years_are_all_found_in_one_round() {
    let bench = bench();
    let stage = stages().last().expect("there are stages");
    let mut scene = Scene::new(&stage.own, &bench.specification, bench.collection(2026)).with_previous(
        &stage.previous,
        &bench.specification,
        bench.collection(2025),
    );
    let ways: Vec<Spoiler> = spoilers().into_iter().filter(Spoiler::is_across_years_by_record).collect();
    for (number, spoiler) in ways.iter().cycle().take(ways.len() * 3).enumerate() {
        assert!(scene.plant(spoiler, number * 7), "{spoiler:?} has a place");
    }
    let told = planted(&scene.planted());
    assert_eq!(told.len(), ways.len() * 3);
    assert_eq!(found(&bench.check_scene(&scene)), told);
}

#[test]
fn what_a_check_cannot_be_without_is_told_with_a_reason() {
    for spoiler in spoilers() {
        for (code, why) in spoiler.beside {
            assert!(bench().specification.rules.contains_key(*code), "{spoiler:?} names {code}");
            assert!(why.split_whitespace().count() > 5, "{spoiler:?} says why {code} is found too: {why}");
        }
    }
}
