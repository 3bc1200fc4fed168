//! Every measurement of the project: `cargo bench`, or `cargo bench -- engine` for one group.
//! One module a topic in `benches/pipeline/`; each gives one function that adds its group.

#[path = "pipeline/check.rs"]
mod check;
#[path = "pipeline/engine.rs"]
mod engine;
#[path = "pipeline/group_by.rs"]
mod group_by;
#[path = "pipeline/release.rs"]
mod release;
#[path = "pipeline/sealing.rs"]
mod sealing;

use criterion::{criterion_group, criterion_main};

criterion_group!(benches, check::add, engine::add, group_by::add, release::add, sealing::add);
criterion_main!(benches);
