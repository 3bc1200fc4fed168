//! The specification changes from year to year: what was accepted under an earlier one is compared with, counted and read.

use super::service_support::{AUTHORITY, House, YEAR, sample, sample_in_other_bytes, specification};
use homeward::domain::account::Role;
use homeward::domain::report::{Outcome, Report};
use homeward::domain::state::ReturnState;
use homeward::flow::{FlowError, NewRelease};
use homeward::spec::Specification;
use homeward::store::{Archive, ObjectName, parquet};

const YEAR_BEFORE: &str = "reunification-2025";

/// The specification with one more field in `children` and one more table, of these names.
fn with(field: &str, table: &str) -> Specification {
    let added = format!(
        "[[tables.fields]]\nname = \"{field}\"\ntype = \"integer\"\nrequired = false\nmin = 0\nmax = 9\nabout = \"A number\"\n\n\
         [[tables]]\nname = \"{table}\"\nrequired = false\nkey = [\"CHILD\"]\nabout = \"Another table\"\nobligation = \"administration\"\n\n\
         [[tables.fields]]\nname = \"CHILD\"\ntype = \"pseudonym\"\nrequired = true\npattern = \"^[A-Za-z][A-Za-z0-9]{{7,39}}$\"\nabout = \"The child\"\n\n"
    );
    let next = "[[tables]]\nname = \"episodes\"\n";
    let edited = specification(|path, text| match path.ends_with("/collection.toml") {
        true => text.replace(next, &(added.clone() + next)),
        false => text,
    });
    assert!(edited.table(table).is_some());
    edited
}

fn not_checked(report: &Report) -> Vec<String> {
    report.not_checked.iter().map(|entry| format!("{}: {}", entry.code, entry.because)).collect()
}

#[tokio::test]
async fn what_an_earlier_specification_was_kept_with_is_compared_with_and_counted() {
    let house = House::new().await.under(with("FORMER", "former_table"));
    house.clock.advance(chrono::Duration::days(-365));
    house.accept(AUTHORITY, &sample(YEAR_BEFORE, AUTHORITY, 1)).await;
    house.clock.advance(chrono::Duration::days(365));
    house.accept("331", &sample(YEAR, "331", 1)).await;

    // A field and a table have gone, others have come.
    let house = house.under(with("NEWER", "newer_table"));
    let sent = house.accept(AUTHORITY, &sample(YEAR, AUTHORITY, 1)).await;
    assert_eq!(not_checked(sent.report.as_ref().expect("a report")), Vec::<String>::new());
    let collector = house.account(Role::Collector).await;
    for year in [YEAR_BEFORE, YEAR] {
        house.service.build_release(&collector, NewRelease::of(year)).await.expect("what was kept before is counted");
    }
    let again = house.account(Role::Submitter).await;
    let later = house.submit(&again, &sample_in_other_bytes(YEAR, AUTHORITY, 1)).await.expect("is received");
    let changes = house.service.changes(&again, later.record.id, None).await.expect("is compared");
    assert!(changes.difference.tables.iter().all(|table| table.changed == 0), "{:?}", changes.difference.tables);
}

/// Puts in the place of a kept table one of which a column is of another type.
async fn change_type(house: &House, id: homeward::domain::identifier::ReturnId, table: &str, field: &str) {
    let name = ObjectName::table(id, table).expect("a name");
    let kept = parquet::read(house.data.archive.get(&name).await.expect("is kept")).expect("reads");
    let at = kept.schema().index_of(field).expect("has the field");
    let mut fields: Vec<_> = kept.schema().fields().iter().cloned().collect();
    let texts = arrow::compute::cast(kept.column(at), &arrow::datatypes::DataType::Utf8).expect("has a text");
    fields[at] = std::sync::Arc::new(arrow::datatypes::Field::new(field, texts.data_type().clone(), true));
    let mut columns = kept.columns().to_vec();
    columns[at] = texts;
    let schema = std::sync::Arc::new(arrow::datatypes::Schema::new(fields));
    let changed = arrow::array::RecordBatch::try_new(std::sync::Arc::clone(&schema), columns).expect("is a table");
    let file = parquet::write(&schema, &[changed]).expect("writes");
    house.data.archive.delete(&name).await.expect("is deleted");
    house.data.archive.put(&name, file).await.expect("is put");
}

#[tokio::test]
async fn a_field_whose_type_changed_ends_in_a_verdict_and_a_refused_release_that_name_it() {
    let house = House::new().await;
    house.clock.advance(chrono::Duration::days(-365));
    let before = house.accept(AUTHORITY, &sample(YEAR_BEFORE, AUTHORITY, 1)).await;
    change_type(&house, before.record.id, "children", "UASC").await;
    house.clock.advance(chrono::Duration::days(365));
    let submitter = house.account(Role::Submitter).await;
    let sent = house.submit(&submitter, &sample(YEAR, AUTHORITY, 1)).await.expect("is decided");
    let report = sent.report.expect("a report");
    assert_eq!((sent.record.state, report.outcome), (ReturnState::Checked, Outcome::Errors));
    let told = not_checked(&report).join("\n");
    assert!(told.contains("children.UASC was kept as Utf8, and the specification makes it Int64 now"), "{told}");
    let collector = house.account(Role::Collector).await;
    let refused =
        house.service.build_release(&collector, NewRelease::of(YEAR_BEFORE)).await.expect_err("is not counted");
    assert!(
        matches!(&refused, FlowError::ReleaseRefused(_)) && refused.to_string().contains("children.UASC"),
        "{refused}"
    );
}

#[tokio::test]
async fn of_another_authoritys_return_too() {
    let house = House::new().await;
    let other = house.accept("331", &sample(YEAR, "331", 1)).await;
    change_type(&house, other.record.id, "episodes", "DECOM").await;
    let submitter = house.account(Role::Submitter).await;
    let sent = house.submit(&submitter, &sample(YEAR, AUTHORITY, 1)).await.expect("is decided");
    let report = sent.report.expect("a report");
    assert_eq!((sent.record.state, report.outcome), (ReturnState::Checked, Outcome::Errors));
    let told = not_checked(&report).join("\n");
    assert!(told.contains("another authority the column episodes.DECOM was kept as Utf8"), "{told}");
    assert!(!told.contains("331"), "{told}");
}
