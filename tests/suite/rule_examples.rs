//! Every rule's examples run as tests: a rule's file is its own test.

use homeward::spec::{Specification, SpecificationFiles};
use homeward::validate::examples::ExampleRunner;
use std::path::Path;

#[test]
fn every_example_of_every_rule_gives_exactly_the_findings_it_says() {
    // From the folder and not from the program, so that a changed rule needs no build.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let files = SpecificationFiles::from_folder(&folder).expect("the folder of specifications reads");
    let specification = Specification::load(files).expect("the specification loads");
    let runner = ExampleRunner::new(&specification).expect("the examples' collection is there");
    let mismatches: Vec<String> = runner.run_all().iter().map(ToString::to_string).collect();
    assert!(mismatches.is_empty(), "{} examples do not hold:\n{}", mismatches.len(), mismatches.join("\n"));
}
