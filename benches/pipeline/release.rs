//! What a release costs: the national year counted, protected and audited, laid out.

use criterion::{BatchSize, Criterion, SamplingMode};
use homeward::aggregate::{AcceptedReturn, Aggregator, NationalData};
use homeward::cli::sample::{self, SampleOptions};
use homeward::disclosure::{self, Earlier, Policies};
use homeward::domain::stage::unmeasured;
use homeward::intake::{self, IntakeOptions, Source};
use homeward::publish::{self, About, Coverage, Edition, Origin};
use homeward::spec::Specification;
use homeward::validate::{CheckContext, Validator};
use std::sync::Arc;
use std::time::Duration;

const COLLECTION: &str = "reunification-2026";

/// The typed returns of every authority, made from the seeded sample and read as any upload is.
fn national_year(specification: &Arc<Specification>) -> Vec<AcceptedReturn> {
    let validator = Validator::new(Arc::clone(specification)).expect("a validator");
    let folder = tempfile::tempdir().expect("a folder");
    let options = IntakeOptions::new(specification.limits.clone());
    let samples = sample::generate(&SampleOptions::new(COLLECTION, 1), specification).expect("samples");
    samples
        .map(|sample| {
            let sample = sample.expect("a sample");
            let path = sample.write_folder(folder.path()).expect("it is written");
            let read = intake::read(&Source::of_paths(vec![path]), specification, &options).expect("it is read");
            let checked = validator.check(read, &CheckContext::default());
            let tables = checked.typed.expect("typed columns").tables;
            AcceptedReturn { authority: sample.authority, tables }
        })
        .collect()
}

pub(crate) fn add(criterion: &mut Criterion) {
    let specification = Arc::new(Specification::embedded().expect("the specification"));
    let collection = specification.collection(COLLECTION).expect("the collection").clone();
    let returns = national_year(&specification);
    let national = NationalData::new(&specification, &collection, returns.clone()).expect("national data");
    let policies = Policies::load(&specification).expect("policies");
    let aggregator = Aggregator::new(&specification, &collection).expect("plans");
    let raw = aggregator.run(&national).expect("counts");
    let (tables, audit) =
        disclosure::clear(&raw, &policies, &Earlier::default()).expect("a release that may be published");
    let edition = Edition::first(&collection);
    let charts = publish::Charts::load(&specification).expect("charts");
    let publication = &specification.publication;
    let about = About { edition: &edition, publication, coverage: Coverage::of(&tables, &[]), charts };
    let mut group = criterion.benchmark_group("release");
    group.sampling_mode(SamplingMode::Flat).sample_size(10).measurement_time(Duration::from_secs(5));
    group.bench_function("plan", |bencher| {
        bencher.iter(|| Aggregator::new(&specification, &collection).expect("plans"));
    });
    group.bench_function("put_together", |bencher| {
        bencher.iter_batched(
            || returns.clone(),
            |returns| NationalData::new(&specification, &collection, returns).expect("national data"),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("count", |bencher| bencher.iter(|| aggregator.run(&national).expect("counts")));
    group.bench_function("protect_and_audit", |bencher| {
        bencher
            .iter(|| disclosure::clear(&raw, &policies, &Earlier::default()).expect("a release that may be published"));
    });
    group.bench_function("lay_out", |bencher| {
        bencher.iter(|| publish::lay_out(&tables, &audit, &about).expect("files"))
    });
    group.bench_function("whole", |bencher| {
        bencher.iter_batched(
            || returns.iter().map(|one| (one.clone(), Origin::default())).collect::<Vec<_>>(),
            |returns| {
                publish::build(&specification, &collection, &edition, returns, &[], &unmeasured).expect("a release")
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}
