//! Several years in one file, and revisions, through the published files alone.

use super::*;
use crate::domain::digest::Digest;

/// A specification of two indicators, so that a test has time for several releases.
fn small() -> Year {
    let files = SpecificationFiles::embedded().expect("the files");
    let kept = ["coverage.md", "leavers_home.md"];
    let is_kept = |path: &str| !path.contains("/indicators/") || kept.iter().any(|name| path.ends_with(name));
    let is_kept = |path: &str| is_kept(path) && !path.ends_with("charts.toml");
    let texts = files.iter().filter(|(path, _)| is_kept(path)).map(|(path, text)| (path.to_owned(), text.to_owned()));
    year_of(Specification::load(SpecificationFiles::from_texts(texts)).expect("the specification"))
}

fn read_back(release: &ReleaseFiles) -> EarlierRelease {
    EarlierRelease::from_files(&release.files).expect("it is read from its files")
}

fn lines(release: &ReleaseFiles, name: &str) -> Vec<String> {
    std::str::from_utf8(&release.files[name]).expect("UTF-8").lines().map(str::to_owned).collect()
}

#[test]
fn the_years_before_stand_in_the_file_as_they_were_published() {
    let mut year = small();
    let this_year = year.collection.clone();
    let before = year.specification.collections.iter().find(|one| one.year == this_year.year - 1);
    year.collection = before.expect("a year before").clone();
    let earlier = year.release(example_returns(&year, "leavers_home"), &[]).expect("a release");
    year.collection = this_year;
    let known = [read_back(&earlier)];
    let mut returns = example_returns(&year, "leavers_home");
    returns.truncate(1);
    let release = year.release(returns, &known).expect("a release");
    let carried: Vec<String> =
        lines(&release, "leavers_home.csv").into_iter().filter(|line| line.starts_with("2025,")).collect();
    assert_eq!(carried, lines(&earlier, "leavers_home.csv")[1..]);
    let own = lines(&release, "leavers_home.csv").iter().filter(|line| line.starts_with("2026,")).count();
    assert_eq!(own + carried.len() + 1, lines(&release, "leavers_home.csv").len());
    assert_eq!(release.audit.other_years.iter().map(|one| one.year).collect::<Vec<_>>(), [2025]);
    assert_eq!(release.audit.other_years[0].release, known[0].digest.to_string());
    assert_eq!(release.manifest.earlier.len(), 1);
    // Read back, a release has the rows of its own year only: each year comes from its own latest release.
    let again = read_back(&release);
    let rows = &again.tables.tables["leavers_home"].rows;
    assert_eq!(rows.len(), own);
    // A carried row that is not as it was published does not pass.
    let mut files = release.files.clone();
    let text = String::from_utf8(files["leavers_home.csv"].clone()).expect("UTF-8");
    let wanted = carried.iter().find(|line| line.contains("Birmingham")).expect("Birmingham's row");
    assert!(wanted.contains(",100,30,30,"), "{wanted}");
    let altered = text.replace(wanted, &wanted.replace(",100,30,30,", ",100,31,31,"));
    files.insert("leavers_home.csv".to_owned(), altered.into_bytes());
    let faults = gate::check(&files, &release.tables, &year.policies, &year.specification.register);
    assert!(faults.iter().any(|fault| fault.check == "series_verbatim"), "{faults:?}");
    assert_eq!(gate::check(&release.files, &release.tables, &year.policies, &year.specification.register), []);
}

#[test]
fn a_revision_rests_on_the_published_files_and_on_all_of_them() {
    let year = small();
    let returns = || example_returns(&year, "leavers_home");
    let first = year.release(returns(), &[]).expect("a release");
    let known = read_back(&first);
    let folder = tempfile::tempdir().expect("a folder");
    first.write(folder.path()).expect("it is written");
    assert_eq!(EarlierRelease::from_folder(folder.path()).expect("it is read from its folder"), known);
    let second = year.release(returns(), std::slice::from_ref(&known)).expect("a release");
    assert_eq!(second.files["leavers_home.csv"], first.files["leavers_home.csv"], "nothing was sent again");
    assert_eq!(second.audit.earlier.len(), 1);
    assert_eq!(second.audit.earlier[0].own_numbers, 0);
    assert!(second.audit.to_string().contains(&known.digest.to_string()), "{}", second.audit);
    let again = year.release(returns(), std::slice::from_ref(&known)).expect("a release");
    assert!(again.files == second.files, "the same manifest gives the same bytes");
    let mut published = first.files.clone();
    published.remove(INPUTS);
    let published = EarlierRelease::from_files(&published).expect("what everybody has can be read");
    let problem = |earlier: &[EarlierRelease]| match year.release(returns(), earlier) {
        Err(PublishError::Earlier(problem)) => problem,
        other => panic!("it was not refused: {:?}", other.err()),
    };
    let later = read_back(&second);
    assert!(problem(std::slice::from_ref(&later)).contains("which is not given before it"));
    assert!(problem(&[later, known.clone()]).contains("oldest first"));
    assert!(problem(&[known.clone(), known]).contains("given twice"));
    assert!(problem(&[published]).contains("which says which returns it counted"));
    let mut others = first.files.clone();
    others.insert(INPUTS.to_owned(), second.files[INPUTS].clone());
    let refused = EarlierRelease::from_files(&others).expect_err("what another release counted");
    assert!(refused.to_string().contains("belongs to another manifest"), "{refused}");
    let mut altered = first.files.clone();
    let text = String::from_utf8(altered["leavers_home.json"].clone()).expect("UTF-8");
    altered.insert("leavers_home.json".to_owned(), text.replacen("\"c\"", "4", 1).into_bytes());
    let refused = EarlierRelease::from_files(&altered).expect_err("an altered file");
    assert!(refused.to_string().contains("leavers_home.json does not have the digest"), "{refused}");
}

#[test]
fn no_file_for_readers_holds_a_digest_that_follows_from_cells() {
    let year = small();
    let release = year.release(example_returns(&year, "leavers_home"), &[]).expect("a release");
    let inputs = Inputs::from_json(&release.files[INPUTS]).expect("what was counted");
    assert_eq!(inputs.manifest, Digest::of(&release.files["manifest.json"]));
    let mut digests: Vec<String> = inputs.versions().values().map(Digest::to_string).collect();
    digests.extend(inputs.returns.values().flat_map(|tables| tables.values().map(Digest::to_string)));
    assert!(digests.len() >= 4);
    let readable = release.files.iter().filter(|(name, _)| is_for_readers(name));
    for (name, bytes) in readable {
        let text = String::from_utf8_lossy(bytes);
        assert!(digests.iter().all(|digest| !text.contains(digest)), "{name}");
    }
}

#[test]
fn the_whole_audit_is_kept_and_another_is_published() {
    let year = small();
    let release = year.release(example_returns(&year, "leavers_home"), &[]).expect("a release");
    let text = |name: &str| String::from_utf8(release.files[name].clone()).expect("UTF-8");
    assert_eq!(text("audit.md"), release.audit.for_readers().to_string());
    assert_eq!(text("audit.json"), release.audit.for_readers().to_json());
    assert_eq!(text(WHOLE_AUDIT), release.audit.to_json());
    assert!(text("audit.md").contains("Worked out exactly: 0. To within the width: 0. Unsettled: 0."));
}
