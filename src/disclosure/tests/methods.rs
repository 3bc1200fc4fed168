//! Medians, rates and analyses: what is shown of invented units, and that the audit finds what may not be.

use super::*;
use crate::aggregate::{AcceptedReturn, Aggregator, NationalData, example};
use crate::spec::{MarkdownFile, Specification, SpecificationFiles};

/// A median, a rate and a median of times over returns home; `LENGTH` is the expression of the value.
const MADE: &str = r#"# Days in care, invented

```toml
domain = "test"
about = "Invented."
definition = "invented"
population = "returns home in the year"
policy = "children"
breakdowns = ["sex"]

[count]
name = "return_count"
label = "Returns home"

[[shares]]
column = "is_planned"
count = "planned_count"
count_label = "Planned returns home"
percent = "planned_percent"
percent_label = "Percentage planned"

[[counts]]
column = "twice"
name = "looked_after_count"
label = "Children looked after"
population = "children looked after"

[[rates]]
name = "return_rate"
label = "Returns home per 1,000 children"
numerator = "return_count"
denominator = "looked_after_count"
factor = 1000
decimals = 1

[[medians]]
column = "length"
name = "length_median"
label = "Median days"
measure = "days"

[[survival_medians]]
time = "length"
event = "is_over"
of = "is_planned"
name = "time_median"
label = "Median days of planned returns"
measure = "days"
```

```sql
SELECT *, 2 AS twice, LENGTH AS length, CASE WHEN CHILD LIKE '%1' THEN 0 ELSE 1 END AS is_over
FROM returns_home WHERE in_period = 1
```
"#;

/// So many returns of girls and boys of one authority, each a day longer after care than the one before.
fn returns(specification: &Specification, girls: usize, boys: usize) -> Vec<AcceptedReturn> {
    let page = format!(
        r#"# Returns

```csv 331.header
LA,COLLECTION
331,reunification-2026
```
```csv 331.children
times,CHILD,SEX,BIRTH_MONTH,ETHNIC,DISABILITY,UASC
{girls},Dunlin#,F,2012-01,WBRI,NONE,0
{boys},Knot#,M,2014-03,WBRI,NONE,0
```
```csv 331.episodes
times,CHILD,DECOM,RNE,LS,CIN,PLACE,DEC,REC
{girls},Dunlin#,01/02/2025,S,V2,N1,U4,01/08/2025,E4A
{boys},Knot#,01/02/2025,S,V2,N1,U4,01/09/2025,E4B
```
```csv 331.reunifications
times,CHILD,RETURN_DATE,RETURN_TYPE,PLANNED,TOOL,RISK
{girls},Dunlin#,01/08/2025,E4A,P,NONE,NA
{boys},Knot#,01/09/2025,E4B,U,NONE,NA
```
"#
    );
    example::returns(specification, &MarkdownFile::parse("test.md", &page).expect("a page"))
}

/// The return of an authority from whose care nobody went home.
fn empty(specification: &Specification, authority: &str) -> AcceptedReturn {
    let page = format!("# Nobody\n\n```csv {authority}.header\nLA,COLLECTION\n{authority},reunification-2026\n```\n");
    example::returns(specification, &MarkdownFile::parse("test.md", &page).expect("a page")).remove(0)
}

#[test]
fn a_region_of_one_counted_authority_is_that_authority() {
    let specification = specification(&[], Some(MADE.replace("LENGTH", "CAST(RIGHT(CHILD, 3) AS INT)")));
    let girls = |sent: Vec<AcceptedReturn>| {
        let raw = count(&specification, sent).expect("counts");
        let (tables, _) = clear(&raw, &policies(), &Earlier::default()).expect("a safe release");
        let region = raw.geography.region_of[raw.geography.number_of("331").expect("the authority")];
        let table = tables.table("made").expect("the table");
        let figure = |place| table.figure(place, &[], ("Sex", "Female"), "length_median").expect("a figure");
        (figure(Place::Region(region)), figure(Place::England))
    };
    let alone = || returns(&specification, 41, 20);
    assert_eq!(girls(alone()), (Shown::Confidential, Shown::Confidential));
    let with = |authority: &str| alone().into_iter().chain([empty(&specification, authority)]).collect();
    assert_eq!(girls(with("330")), (Shown::Number(20), Shown::Number(20)));
    assert_eq!(girls(with("202")), (Shown::Confidential, Shown::Number(20)));
}

/// The specification with these of its indicators, and one more.
pub(super) fn specification(kept: &[&str], made: Option<String>) -> Specification {
    let files = SpecificationFiles::embedded().expect("the files");
    let is_kept =
        |path: &str| !path.contains("/indicators/") || kept.iter().any(|id| path.ends_with(&format!("/{id}.md")));
    let mut texts: Vec<(String, String)> =
        files.iter().filter(|(path, _)| is_kept(path)).map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
    if let Some(text) = made {
        texts.push(("reunification/indicators/made.md".to_owned(), text));
    }
    Specification::load(SpecificationFiles::from_texts(texts)).expect("the specification")
}

pub(super) fn count(specification: &Specification, returns: Vec<AcceptedReturn>) -> Result<RawTables, String> {
    let collection = specification.collection(&specification.examples_for).expect("a collection");
    let national = NationalData::new(specification, collection, returns).expect("national data");
    let aggregator = Aggregator::new(specification, collection).map_err(|error| error.to_string())?;
    aggregator.run(&national).map_err(|error| error.to_string())
}

/// The tables of a release and how many contradictions the audit finds after a figure was put in their place.
fn audited(raw: &RawTables, alter: impl FnOnce(&mut ClearedTables)) -> AuditReport {
    let policies = policies();
    let grid = grid::Grid::new(raw, &policies).expect("a grid");
    let earlier = Earlier::default();
    let known = earlier::Known::new(raw, &grid, &policies, &earlier).expect("nothing earlier");
    let protection = protect::protect(raw, &grid, &known);
    let mut tables = clear::clear(raw, &policies, &grid, &protection).expect("tables");
    alter(&mut tables);
    audit::audit(&tables, raw, &policies, &audit::hints(&grid, &protection), &known).expect("a report")
}

#[test]
fn medians_and_rates_are_made_of_units_and_of_shown_counts() {
    let length = "CAST(RIGHT(CHILD, 3) AS INT)";
    let specification = specification(&[], Some(MADE.replace("LENGTH", length)));
    let mut sent = returns(&specification, 41, 20);
    sent.push(empty(&specification, "330"));
    let raw = count(&specification, sent).expect("counts");
    let (tables, report) = clear(&raw, &policies(), &Earlier::default()).expect("a safe release");
    let table = tables.table("made").expect("the table");
    let authority = Place::Authority(raw.geography.number_of("331").expect("the authority"));
    let total = |column: &str| table.figure(authority, &[], ("Total", "Total"), column).expect("a figure");
    // Girls have 1 to 41 and boys 1 to 20: the median of both is 16, the quartiles 8 and 26, to multiples of 5.
    assert_eq!(total("length_median"), Shown::Number(15));
    assert_eq!(total("length_median_lower_quartile"), Shown::Number(10));
    assert_eq!(total("length_median_upper_quartile"), Shown::Number(25));
    // 61 of 122 children, and England's 60 of 120.
    assert_eq!(total("return_rate"), Shown::Decimal(500.0, 1));
    let england =
        |item: &str, column: &str| table.figure(Place::England, &[], ("Sex", item), column).expect("a figure");
    assert_eq!(england("Female", "return_rate"), Shown::Decimal(500.0, 1));
    assert_eq!(england("Female", "length_median"), Shown::Number(20));
    let girls = table.figure(authority, &[], ("Sex", "Female"), "length_median");
    assert_eq!(girls, Some(Shown::Confidential), "a part's median tells about the rest");
    // Of 41 planned returns those ending in 1 are not over: half of all are over at 23 days.
    assert_eq!(total("time_median"), Shown::Number(25));
    assert!(report.policy_checks["medians, quartiles and their intervals"] > 10, "{report}");
    let column = |name: &str| table.columns().iter().position(|column| column.name == name).expect("a column");
    for (column, figure) in
        [(column("length_median"), Shown::Number(16)), (column("return_rate"), Shown::Decimal(501.0, 1))]
    {
        let report = audited(&raw, |tables| tables.table_mut("made").expect("it").show_again(0, column, figure));
        assert!(!report.passed && report.contradictions > 0, "{report}");
    }
}

#[test]
fn a_median_of_few_units_is_hidden_and_a_missing_value_stops_the_release() {
    let spec = specification(&[], Some(MADE.replace("LENGTH", "CAST(RIGHT(CHILD, 3) AS INT)")));
    let raw = count(&spec, returns(&spec, 10, 9)).expect("counts");
    let (tables, _) = clear(&raw, &policies(), &Earlier::default()).expect("a safe release");
    let table = tables.table("made").expect("the table");
    let total = |column: &str| table.figure(Place::England, &[], ("Total", "Total"), column).expect("a figure");
    assert_eq!((total("return_count"), total("length_median")), (Shown::Number(20), Shown::Confidential));
    let missing = specification(&[], Some(MADE.replace("LENGTH", "CASE WHEN sex = 'Female' THEN 3 END")));
    let error = count(&missing, returns(&missing, 10, 9)).expect_err("a value is missing");
    assert!(error.contains("the column length is empty"), "{error}");
    let unknown = MADE.replace("LENGTH", "1").replace("measure = \"days\"", "measure = \"miles\"");
    let unknown = specification(&[], Some(unknown));
    let raw = count(&unknown, returns(&unknown, 10, 9)).expect("counts");
    let refusal = clear(&raw, &policies(), &Earlier::default()).expect_err("no step for miles");
    assert!(refusal.to_string().contains("quantile_steps"), "{refusal}");
}

#[test]
fn heads_that_do_not_fit_are_told() {
    let error = |from: &str, to: &str| {
        let text = MADE.replace("LENGTH", "1");
        assert!(text.contains(from), "{from}");
        let specification = specification(&[], Some(text.replacen(from, to, 1)));
        Definition::all(&specification).expect_err("a fault").to_string()
    };
    assert!(
        error("numerator = \"return_count\"", "numerator = \"others\"").contains("the rate return_rate needs others")
    );
    assert!(error("of = \"is_planned\"", "of = \"is_over\"").contains("a share that is not given"));
    assert!(
        error("label = \"Returns home\"", "label = \"Returns home\"\nweight = \"twice\"").contains("one row for each")
    );
    assert!(error("domain", "kind = \"curve\"\ndomain").contains("needs a table `[curve]`"));
    assert!(error("domain", "time = \"length\"\ndomain").contains("give its `kind`"));
    assert!(error("domain", "kind = \"risk\"\ndomain").contains("an analysis has a `[count]`"));
}

#[test]
fn the_audit_finds_a_figure_of_an_analysis_that_may_not_be_shown() {
    let kept = ["reentry", "reentry_km", "reentry_logrank", "reentry_hazard", "reentry_risk"];
    let specification = specification(&kept, None);
    let page = &specification.indicators["reentry_km"].page;
    let raw = count(&specification, example::returns(&specification, page)).expect("counts");
    let (tables, report) = clear(&raw, &policies(), &Earlier::default()).expect("a safe release");
    assert!(report.policy_checks["figures of analyses of England"] > 100, "{report}");
    // The risks' counts are the very cells of the cohorts of two years.
    let two_years = ["2 years", "All years"];
    for (breakdown, column) in [(("Total", "Total"), "reentry_count"), (("Sex", "Female"), "return_count")] {
        let cohort = tables.table("reentry").expect("it").figure(Place::England, &two_years, breakdown, column);
        assert_eq!(cohort, tables.table("reentry_risk").expect("it").figure(Place::England, &[], breakdown, column));
    }
    let hidden = |indicator: &str, wanted: usize| {
        let table = tables.table(indicator).expect("the table");
        let row = table.rows().iter().position(|row| row.figures[wanted] == Shown::Confidential);
        row.unwrap_or_else(|| panic!("{indicator} hides something"))
    };
    // A point with too few events before it, a test of one group, a wrong ratio, a count that is not rounded.
    let ratio = tables.table("reentry_risk").expect("it").rows().iter();
    let ratio = ratio.map(|row| row.figures[3]).position(|figure| figure == Shown::Decimal(0.67, 2)).expect("a ratio");
    for (indicator, row, column, figure) in [
        ("reentry_km", hidden("reentry_km", 2), 2, Shown::Number(99)),
        ("reentry_logrank", hidden("reentry_logrank", 2), 2, Shown::Decimal(1.5, 2)),
        ("reentry_risk", ratio, 3, Shown::Decimal(0.7, 2)),
        ("reentry_hazard", 0, 0, Shown::Number(1_701)),
    ] {
        let report = audited(&raw, |tables| tables.table_mut(indicator).expect("it").show_again(row, column, figure));
        assert!(!report.passed && report.contradictions == 1, "{indicator}: {report}");
    }
}

#[test]
fn an_analysis_shows_large_groups_beside_large_groups_only() {
    let policy = policies().of("reentry_km", "outcomes").expect("the policy").clone();
    let size = |units, events| analyses::Size { units, events };
    let all = size(1_000, 300);
    assert!(policy.shows(all, all) && policy.shows(size(400, 100), all));
    for (group, why) in [
        (size(99, 50), "too few units"),
        (size(200, 9), "too few events"),
        (size(200, 195), "hardly anybody without the event"),
        (size(905, 250), "too few beside it"),
        (size(800, 295), "too few events beside it"),
    ] {
        assert!(!policy.shows(group, all), "{why}");
    }
    assert!(!policy.shows(size(90, 40), size(90, 40)), "too few in all");
}

#[test]
fn what_holds_single_units_prints_none_of_them() {
    let kept = ["reentry_km"];
    let specification = specification(&kept, None);
    let page = &specification.indicators["reentry_km"].page;
    let raw = count(&specification, example::returns(&specification, page)).expect("counts");
    assert_eq!(format!("{:?}", raw.tables[0].analysis_units()), "AnalysisUnits(1700)");
    assert!(format!("{:?}", raw.tables[0]).starts_with("RawTable(reentry_km, "));
}
