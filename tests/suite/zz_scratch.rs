use homeward::cli::sample::{Authorities, SampleOptions, SampleReturn, generate};
use homeward::intake::{IntakeOptions, Source, read};
use homeward::spec::Specification;
use homeward::validate::{CheckContext, Validator};
use std::sync::Arc;
use std::time::Instant;

#[test]
fn timing() {
    let specification = Arc::new(Specification::embedded().expect("loads"));
    let t = Instant::now();
    let validator = Validator::new(Arc::clone(&specification)).expect("made");
    let folder = tempfile::tempdir().expect("f");
    let make = |rows| {
        let options = SampleOptions { ..SampleOptions::of_rows("reunification-2026", 5, "301", rows) };
        generate(&options, &specification).expect("x").next().expect("y").expect("z")
    };
    let check = |made: &SampleReturn| {
        let t = Instant::now();
        let path = folder.path().join("return.zip");
        std::fs::write(&path, made.zip().expect("zip")).expect("w");
        let t1 = t.elapsed();
        let options = IntakeOptions::new(specification.limits.clone());
        let taken = read(&Source::File(path), &specification, &options).expect("read");
        let t2 = t.elapsed();
        let out = validator.check(taken, &CheckContext::default());
        eprintln!("{} rows, zip {t1:?} read {t2:?} all {:?} {:?}", made.rows(), t.elapsed(), out.report.outcome);
    };
    let m = make(1000);
    check(&m);
    eprintln!("first {:?}", t.elapsed());
    check(&m);
    check(&m);
    for r in [500, 2000, 5000] {
        let m = make(r);
        check(&m);
        check(&m);
    }
}

#[test]
fn all_clean() {
    let specification = Arc::new(Specification::embedded().expect("loads"));
    let validator = Validator::new(Arc::clone(&specification)).expect("made");
    let folder = tempfile::tempdir().expect("f");
    let seeds: Vec<u64> =
        std::env::var("SEEDS").unwrap_or_default().split(',').filter_map(|s| s.parse().ok()).collect();
    let scale: f64 = std::env::var("SCALE").ok().and_then(|s| s.parse().ok()).unwrap_or(1.0);
    for seed in seeds {
        let of = |year: i32| {
            let options = SampleOptions {
                authorities: Authorities::All,
                scale,
                ..SampleOptions::new(format!("reunification-{year}"), seed)
            };
            generate(&options, &specification).expect("x").map(|m| m.expect("m")).collect::<Vec<_>>()
        };
        let (last, this) = (of(2025), of(2026));
        let mut n = 0;
        for made in &this {
            let go = |made: &SampleReturn, previous| {
                let path = folder.path().join("return.zip");
                std::fs::write(&path, made.zip().expect("zip")).expect("w");
                let options = IntakeOptions::new(specification.limits.clone());
                let taken = read(&Source::File(path), &specification, &options).expect("read");
                validator.check(taken, &CheckContext { previous, others: None })
            };
            let previous = last.iter().find(|l| l.authority == made.authority).map(|l| go(l, None));
            let previous = previous.and_then(|p| {
                if !p.report.findings.is_empty() {
                    eprintln!("PREV {seed} {} {:?}", made.authority, p.report.counts.by_code);
                }
                p.typed
            });
            let out = go(made, previous);
            if !out.report.counts.by_code.is_empty() {
                eprintln!("FOUND {seed} {} {:?}", made.authority, out.report.counts.by_code);
                n += 1;
            }
        }
        eprintln!("seed {seed}: {n} unclean");
    }
}
