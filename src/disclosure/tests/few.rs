//! Releases of few and tiny returns.

use super::*;

#[test]
fn tiny_returns_are_published_without_what_cannot_be_protected() {
    for (mean, topics) in [(0.5, 3), (1.0, 4), (2.0, 4)] {
        let raw = simulated::simulated(7, 1, mean, topics);
        let start = std::time::Instant::now();
        let result = clear(&raw, &policies(), &Earlier::default());
        match result {
            Ok((_, report)) => println!("{mean} {topics}: {:?} {:?}", report.withdrawn, start.elapsed()),
            Err(refusal) => println!("{mean} {topics}: {refusal} {:?}", start.elapsed()),
        }
    }
}
