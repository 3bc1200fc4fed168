//! The page of functions for rule authors says what is registered, no more and no less.

use homeward::engine::functions::page;
use std::fs;
use std::path::Path;

#[test]
fn the_page_for_rule_authors_is_the_registered_list() {
    let written = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/FUNCTIONS.md"));
    let made = page();
    if written.is_ok_and(|written| written == made) {
        return;
    }
    let anew = Path::new(env!("CARGO_TARGET_TMPDIR")).join("FUNCTIONS.md");
    fs::write(&anew, made).expect("the page can be written");
    panic!("specs/FUNCTIONS.md is not what is registered; cp {} specs/FUNCTIONS.md", anew.display());
}
