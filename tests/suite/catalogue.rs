//! The published list of the rules is that of the rule files: a code, severity or statement cannot drift in silence.

use homeward::spec::{Specification, catalogue_csv, catalogue_html};

#[test]
fn the_catalogue_is_that_of_the_rules() {
    let specification = Specification::embedded().expect("loads");
    for (name, made) in
        [("catalogue.csv", catalogue_csv(&specification)), ("catalogue.html", catalogue_html(&specification))]
    {
        let path = format!("{}/specs/{}/{name}", env!("CARGO_MANIFEST_DIR"), specification.id);
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == made, "{name} has drifted: write it anew with `homeward spec docs`");
    }
}

#[test]
fn a_page_that_is_generated_does_not_change_the_digest() {
    use homeward::spec::SpecificationFiles;
    let files = SpecificationFiles::embedded().expect("files");
    let without = files.iter().filter(|(path, _)| !path.contains("/catalogue"));
    let without = SpecificationFiles::from_texts(without.map(|(path, text)| (path.to_owned(), text.to_owned())));
    assert_eq!(files.digest(), without.digest());
}
