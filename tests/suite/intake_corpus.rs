//! The corpus of the fuzzer, read without one: whatever was once found stays found.

use crate::held;
use std::fs;
use std::path::Path;

#[test]
fn every_case_of_the_fuzzer_holds() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    for target in ["csv", "json", "workbook", "zip"] {
        let cases = fs::read_dir(corpus.join(target)).expect("the corpus");
        let mut read = 0;
        for case in cases {
            let path = case.expect("a case").path();
            let bytes = fs::read(&path).expect("a case reads");
            let done = std::panic::catch_unwind(|| held::run(target, &bytes));
            assert!(done.is_ok(), "{target}: {}", path.display());
            read += 1;
        }
        assert!(read >= 4, "{target} has {read} cases");
    }
}
