use super::*;

#[test]
fn the_embedded_specification_loads() {
    let specification = Specification::embedded().expect("the specification in the program loads");
    assert_eq!(specification.id, "reunification");
    assert_eq!(specification.collections.len(), 3);
    let day = "2026-03-31".parse().expect("a date");
    assert_eq!(specification.register.live_on(day).count(), 153);
    let sex = &specification.codes["sex"];
    assert_eq!(sex.get("1").and_then(|code| code.read_as.clone()).as_deref(), Some("M"));
}

#[test]
fn a_fault_is_named_with_file_and_line() {
    let files = SpecificationFiles::embedded().expect("files");
    let broken = files.iter().map(|(path, text)| {
        let text = if path.ends_with("collection.toml") {
            text.replace("codes = \"rne\"", "codes = \"rnn\"")
        } else {
            text.to_owned()
        };
        (path.to_owned(), text)
    });
    let error =
        Specification::load(SpecificationFiles::from_texts(broken)).expect_err("an unknown code list is an error");
    assert!(error.to_string().contains("rnn"), "{error}");
    assert!(error.to_string().contains("collection.toml, line"), "{error}");
}
