use super::*;
use crate::spec::{MarkdownFile, Specification};

const NATIONAL: &str = r#"# Three returns home of two authorities

```csv 330.header
LA,COLLECTION
330,reunification-2026
```
```csv 331.header
LA,COLLECTION
331,reunification-2026
```
```csv 330.children
CHILD,LINKAGE_KEY,SEX,BIRTH_MONTH,ETHNIC,DISABILITY,UASC
Wren0001,aa,F,2010-06,WBRI,NONE,0
Wren0002,,M,2025-01,REFU,LD;AUT,1
```
```csv 331.children
CHILD,LINKAGE_KEY,SEX,BIRTH_MONTH,ETHNIC,DISABILITY,UASC
Wren0001,bb,M,2015-06,AIND,NONE,0
```
```csv 330.episodes
CHILD,DECOM,RNE,LS,CIN,PLACE,DEC,REC
Wren0001,01/02/2020,S,C2,N1,U1,01/03/2020,E4A
Wren0001,01/06/2024,S,V2,N5,U4,01/09/2024,X1
Wren0001,01/09/2024,P,V2,N5,K2,01/11/2024,X1
Wren0001,01/11/2024,T,V2,N5,T1,30/11/2024,E4B
Wren0002,01/03/2025,S,E1,N2,P1,01/04/2025,E13
```
```csv 331.episodes
CHILD,DECOM,RNE,LS,CIN,PLACE,DEC,REC
Wren0001,01/01/2022,S,J1,N3,K1,01/06/2022,E4A
```
```csv 330.reunifications
CHILD,RETURN_DATE,RETURN_TYPE,PLANNED,TOOL,RISK,FAM_HARDSHIP,FAM_MENTAL_HEALTH,FAM_SUBSTANCE,FAM_ABUSE,FAM_DISABILITY
Wren0001,30/11/2024,E4B,U,NONE,NA,1,0,9,0,0
Wren0002,01/04/2025,E13,P,NSPCC,LOW,0,0,0,0,0
```
```csv 331.reunifications
CHILD,RETURN_DATE,RETURN_TYPE,PLANNED,TOOL,RISK,FAM_HARDSHIP,FAM_MENTAL_HEALTH,FAM_SUBSTANCE,FAM_ABUSE,FAM_DISABILITY
Wren0001,01/06/2022,E4A,P,LOCAL,HIGH,1,1,1,1,1
```
```csv 331.starts
LINKAGE_KEY,DECOM
aa,28/02/2025
```
"#;

fn counted(page: &str) -> RawTables {
    let specification = Specification::embedded().expect("the specification");
    let collection = specification.collection("reunification-2026").expect("a collection");
    let page = MarkdownFile::parse("test.md", page).expect("a page");
    let returns = example::returns(&specification, &page);
    let national = NationalData::new(&specification, collection, returns).expect("national data");
    Aggregator::new(&specification, collection).expect("plans").run(&national).expect("counts")
}

/// The counts of a row of an authority: the units, then each share.
fn row(raw: &RawTables, indicator: &str, authority: &str, labels: (&str, &str), filters: &[&str]) -> Vec<i64> {
    let table = raw.tables.iter().find(|table| table.definition.id == indicator).expect("the indicator");
    let definition = &table.definition;
    let authority = raw.geography.number_of(authority).expect("the authority");
    let fits = |row: &RowKey| {
        definition.breakdown_labels(row) == labels
            && definition
                .filters
                .iter()
                .zip(&row.filters)
                .zip(filters)
                .all(|((filter, at), item)| filter.items[*at] == *item)
    };
    let at = definition.rows().iter().position(fits).expect("the row");
    (0..definition.quantities()).map(|quantity| table.count(authority, at, quantity)).collect()
}

#[test]
fn characteristics_are_taken_from_the_period_of_care_that_the_return_ended() {
    let raw = counted(NATIONAL);
    let followed = |labels| row(&raw, "reentry", "330", labels, &["6 months", "All years"]);
    assert_eq!(followed(("Total", "Total")), [2, 1]);
    let first_return = [
        ("Type of return", "To a person without parental responsibility"),
        ("Age at the return", "Under 1 year"),
        ("Ethnicity", "Unknown"),
        ("Disability of the child", "Any disability"),
        ("Unaccompanied asylum-seeking child", "Unaccompanied asylum-seeking child"),
        ("Last legal status", "Placement order"),
        ("Last placement", "Placed with parents"),
        ("Earlier returns home", "No earlier return"),
        ("Placements in the last period of care", "1 placement"),
        ("Length of the last period of care", "Under 8 weeks"),
    ];
    for labels in first_return {
        assert_eq!(followed(labels), [1, 0], "{labels:?}");
    }
    let later_return = [
        ("Sex", "Female"),
        ("Age at the return", "10 to 15 years"),
        ("Category of need", "Family dysfunction"),
        ("Last legal status", "Voluntary (section 20)"),
        ("Last placement", "Children's home"),
        ("Earlier returns home", "1 earlier return"),
        ("Placements in the last period of care", "2 placements"),
        ("Length of the last period of care", "8 weeks to under 6 months"),
        ("Financial hardship in the family", "Yes"),
        ("Parental alcohol or drug misuse", "Not known"),
        ("Risk at the decision to return", "Not assessed"),
    ];
    for labels in later_return {
        assert_eq!(followed(labels), [1, 1], "{labels:?}");
    }
}

#[test]
fn a_re_entry_elsewhere_counts_from_the_day_of_the_follow_up_point_on() {
    let raw = counted(NATIONAL);
    let within = |months| row(&raw, "reentry", "330", ("Total", "Total"), &[months, "All years"]);
    // 30 November and three months is 28 February, and the point includes its day.
    assert_eq!(within("3 months"), [2, 1]);
    assert_eq!(within("1 year"), [1, 1]);
    assert_eq!(within("2 years"), [0, 0]);
    // A start in the authority's own table with the child's key is not looked for: only other authorities' are.
    assert_eq!(row(&raw, "reentry", "331", ("Total", "Total"), &["3 years", "All years"]), [1, 0]);
    let told = "1 authorities sent no table of the children who came into care, so re-entry to care in one of them is seen only \
                where it was in the same authority";
    assert_eq!(raw.notes[0].1, told);
}

#[test]
fn only_the_years_returns_are_counted_in_the_year_and_the_matrix_is_complete() {
    let raw = counted(NATIONAL);
    assert_eq!(row(&raw, "returns", "330", ("Total", "Total"), &[]), [1]);
    assert_eq!(row(&raw, "returns", "331", ("Total", "Total"), &[]), [0]);
    let cross = ("Planned or unplanned by Age at the return", "Planned, Under 1 year");
    assert_eq!(row(&raw, "returns", "330", cross, &[]), [1]);
    assert_eq!(row(&raw, "coverage", "330", ("Total", "Total"), &[]), [1, 1]);
    assert_eq!(row(&raw, "coverage", "332", ("Total", "Total"), &[]), [1, 0]);
    assert_eq!(raw.geography.authorities.len(), 153);
    assert_eq!(raw.geography.regions.len(), 9);
    assert_eq!(raw.has_return.iter().filter(|has| **has).count(), 2);
}

#[test]
fn a_return_that_cannot_be_counted_is_named() {
    let specification = Specification::embedded().expect("the specification");
    let collection = specification.collection("reunification-2026").expect("a collection");
    let of = |code: &str| AcceptedReturn { authority: code.to_owned(), tables: Default::default() };
    let twice = NationalData::new(&specification, collection, vec![of("330"), of("330")]).expect_err("twice");
    assert!(twice.to_string().contains("330 is given twice"), "{twice}");
    let ended = NationalData::new(&specification, collection, vec![of("909")]).expect_err("ended in 2023");
    assert!(ended.to_string().contains("909 is not live"), "{ended}");
}

#[test]
fn a_category_that_nobody_listed_is_an_error_and_is_not_repeated() {
    let specification = Specification::embedded().expect("the specification");
    let texts = specification
        .files
        .iter()
        .map(|(path, text)| (path.to_owned(), text.replace("'10 to 15 years'", "'10 to 15'")));
    let files = crate::spec::SpecificationFiles::from_texts(texts);
    let specification = Specification::load(files).expect("loads");
    let collection = specification.collection("reunification-2026").expect("a collection");
    let page = MarkdownFile::parse("test.md", NATIONAL).expect("a page");
    let national =
        NationalData::new(&specification, collection, example::returns(&specification, &page)).expect("national data");
    let error = Aggregator::new(&specification, collection).expect("plans").run(&national).expect_err("unknown");
    assert!(error.to_string().contains("age_group") && !error.to_string().contains("10 to 15"), "{error}");
}

/// The specification with one text of `reentry.md` replaced.
fn reentry_with(from: &str, to: &str) -> Result<Specification, String> {
    let specification = Specification::embedded().expect("the specification");
    assert!(specification.indicators["reentry"].page.source.contains(from), "{from}");
    let replaced = |(path, text): (&str, &str)| {
        let text = if path.ends_with("/reentry.md") { text.replace(from, to) } else { text.to_owned() };
        (path.to_owned(), text)
    };
    let texts: Vec<(String, String)> = specification.files.iter().map(replaced).collect();
    Specification::load(crate::spec::SpecificationFiles::from_texts(texts)).map_err(|error| error.to_string())
}

#[test]
fn what_is_said_of_nested_items_can_be_counted() {
    for (from, to, told) in [
        ("known_by = [\"CHILD\", \"RETURN_DATE\"]", "", "name in its `known_by` the columns"),
        (
            "nested_with = { cohort = [\"All years\"] }",
            "nested_with = { cohort = [\"All\"] }",
            "All is not among the items",
        ),
        ("nested_with = { cohort", "nested_with = { kohort", "names kohort, which is no other filter"),
        ("nested = true\n", "", "has `nested_with` and is not `nested`"),
    ] {
        let specification = reentry_with(from, to).expect("loads");
        let refused = Definition::all(&specification).expect_err(to).to_string();
        assert!(refused.contains("reentry.md") && refused.contains(told), "{refused}");
    }
}

#[test]
fn a_share_that_does_not_stay_is_an_error() {
    let counted = |specification: Specification| {
        let collection = specification.collection("reunification-2026").expect("a collection");
        let page = MarkdownFile::parse("test.md", NATIONAL).expect("a page");
        let returns = example::returns(&specification, &page);
        let national = NationalData::new(&specification, collection, returns).expect("national data");
        Aggregator::new(&specification, collection).expect("plans").run(&national)
    };
    let raw = counted(Specification::embedded().expect("the specification")).expect("counts");
    let table = raw.tables.iter().find(|table| table.definition.id == "reentry").expect("the indicator");
    let pairs = table.definition.nested_at_authority();
    assert_eq!(pairs.len(), 15, "every two of six points, of all years");
    let rows = table.definition.rows();
    let at = |key: &RowKey| rows.iter().position(|row| row == key).expect("a row");
    let place = raw.geography.number_of("330").expect("the authority");
    let within = |(outer, inner): &(RowKey, RowKey)| table.within(place, at(outer), at(inner), 0);
    // One of two came back within three months; of the one that is followed up for a year she is the one.
    assert_eq!(pairs[..3].iter().map(within).collect::<Vec<_>>(), [1, 1, 0]);
    let stays = "CASE WHEN e.REENTRY_DATE <= p.point THEN";
    let leaves = "CASE WHEN e.REENTRY_DATE <= p.point AND p.follow_up <> '1 year' THEN";
    let error = counted(reentry_with(stays, leaves).expect("loads")).expect_err("she is not counted after a year");
    assert!(error.to_string().contains("follow_up do not lie within each other, or a unit"), "{error}");
}

/// Whether a text is sentences: no name of a field, no code, no sign between numbers.
fn is_for_people(text: &str) -> bool {
    let is_field =
        |word: &str| word.len() > 2 && word.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_');
    let field = text
        .split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
        .any(|word| is_field(word) && word != "NSPCC");
    let signs = text.contains(['/', '*', '_', '`', '=']);
    text.starts_with(char::is_uppercase) && text.ends_with('.') && !field && !signs
}

/// The list of what the collection promised to publish: `indicators.csv`, as it was given.
#[test]
fn every_indicator_of_the_list_has_its_file() {
    let specification = Specification::embedded().expect("the specification");
    let definitions = Definition::all(&specification).expect("definitions");
    let list = specification.file("indicators.csv").expect("the list of indicators");
    let mut reader = csv::Reader::from_reader(list.as_bytes());
    let mut listed = Vec::new();
    for line in reader.records() {
        let line = line.expect("a line");
        let [id, label, domain, statistic, wanted, by] = [0, 1, 2, 3, 4, 5].map(|at| line[at].to_owned());
        let found = definitions.iter().find(|definition| definition.id == id);
        let one = found.unwrap_or_else(|| panic!("the indicator {id} has no file"));
        assert_eq!((&one.label, &one.domain), (&label, &domain), "{id}");
        // A file may say more than the list does, and never less.
        assert!(one.definition.starts_with(&wanted), "{id}: {}", one.definition);
        assert!(is_for_people(&one.about), "{id}: {}", one.about);
        let is_of = |word: &str| statistic.split([' ', ',']).any(|known| known == word);
        assert!(!is_of("percent") || !one.shares.is_empty(), "{id} gives no percentage");
        assert!(!is_of("mean") || !one.means.is_empty(), "{id} gives no mean");
        let medians = one.medians.len() + one.survival_medians.len();
        assert!(!is_of("median") || medians > 0, "{id} gives no median");
        assert!(!is_of("rate") || !one.rates.is_empty(), "{id} gives no rate");
        assert!(!is_of("pounds") || !one.amounts.is_empty(), "{id} gives no sum of money");
        let has = |column: &str| one.topics.iter().any(|topic| topic.columns.iter().any(|known| known == column));
        assert!(!by.contains("x characteristic") || one.topics.len() >= 18, "{id} is not by characteristic");
        assert!(!by.contains("x planned") || has("planned"), "{id} is not by planned and unplanned");
        assert!(!by.contains("x support type") || has("support_type") || filter_of(one, "support_type"), "{id}");
        assert!(!by.contains("x months") || filter_of(one, "follow_up"), "{id} has no follow-up points");
        assert!(!by.contains("x measure") || filter_of(one, "measure"), "{id} has no measures");
        listed.push(id);
    }
    assert_eq!(listed.len(), 38);
    let others: Vec<&String> =
        definitions.iter().map(|definition| &definition.id).filter(|id| !listed.contains(id)).collect();
    assert!(others.is_empty(), "indicators that the list does not have: {others:?}");
}

fn filter_of(definition: &Definition, column: &str) -> bool {
    definition.filters.iter().any(|filter| filter.column == column)
}
