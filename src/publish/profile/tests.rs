use super::*;

/// The figures of the authority 331 from the worked example of an indicator.
fn figures(indicator: &str) -> OwnFigures {
    let (specification, raw) = crate::aggregate::example::raw_of(indicator);
    let authority = raw.geography.number_of("331").expect("the authority");
    own(&raw, &Policies::load(&specification).expect("the policies"), authority).expect("its own figures")
}

fn profile(indicator: &str) -> Profile {
    Profile::new(&figures(indicator), None, &Charts::default())
}

#[test]
fn an_authority_sees_its_own_numbers_with_interval_and_what_they_rest_on() {
    let profile = profile("reentry");
    let section = profile.sections.iter().find(|section| section.indicator == "reentry").expect("the section");
    let line = section
        .lines
        .iter()
        .find(|line| line.is_total && line.unit == "%" && line.items.contains(&"1 year".to_owned()))
        .expect("the line");
    assert_eq!((line.own, line.rests_on), (Shown::Number(38), Some(Shown::Number(40))));
    assert_eq!(line.ends, Some((Shown::Decimal(24.2, 1), Shown::Decimal(53.0, 1))));
    assert_eq!((line.region, line.england), (None, None));
}

#[test]
fn small_numbers_are_not_hidden_from_itself_and_the_page_says_for_whom_it_is() {
    let profile = profile("reentry");
    let page = String::from_utf8(profile.html()).expect("UTF-8");
    assert!(page.contains("For Coventry alone."), "{page}");
    assert!(!page.contains("is not in them"), "nothing is said of others whose returns were counted");
    let alone = String::from_utf8(Profile { knows_others: false, ..profile.clone() }.html()).expect("UTF-8");
    assert!(alone.contains("came back into care elsewhere, is not in them"), "{alone}");
    assert!(
        page.contains("<a href=\"#table-reentry\">") && page.contains("<th scope=\"col\">95% interval</th>"),
        "{page}"
    );
    assert!(page.contains("may be published or passed on"));
    let csv = String::from_utf8(profile.csv()).expect("UTF-8");
    assert!(!csv.lines().any(|line| line.split(',').nth(5) == Some("c")), "nothing is hidden");
    assert_eq!(format!("{profile:?}"), format!("Profile(Coventry, 2026, {} indicators)", profile.sections.len()));
}
