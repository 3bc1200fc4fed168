//! What a check costs: one authority's return, large ones, and values judged on distinct values against row by row.

use criterion::{BatchSize, Criterion, Throughput};
use homeward::cli::sample::{Authorities, SampleOptions, SampleReturn, generate};
use homeward::domain::table::TextReturn;
use homeward::intake::{IntakeOptions, IntakeResult, Source, read};
use homeward::spec::{FieldType, Specification, Table, table_schema};
use homeward::validate::{CheckContext, Validator};
use serde_json::{Map, Value};
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;

const COLLECTION: &str = "reunification-2026";
const AUTHORITY: &str = "330";

struct Upload {
    specification: Arc<Specification>,
    validator: Validator,
    path: PathBuf,
    rows: u64,
    _folder: tempfile::TempDir,
}

impl Upload {
    fn new(specification: &Arc<Specification>, options: &SampleOptions) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let made: SampleReturn =
            generate(options, specification).expect("a sample").next().expect("one").expect("a return");
        let path = folder.path().join("return.zip");
        std::fs::write(&path, made.zip().expect("a ZIP")).expect("written");
        let validator = Validator::new(Arc::clone(specification)).expect("a validator");
        validator.plan_all().expect("all rules plan");
        Self { specification: Arc::clone(specification), validator, path, rows: made.rows(), _folder: folder }
    }

    fn read(&self) -> IntakeResult {
        let mut limits = self.specification.limits.clone();
        limits.upload_bytes *= 16;
        limits.expanded_bytes *= 16;
        read(&Source::File(self.path.clone()), &self.specification, &IntakeOptions::new(limits)).expect("a return")
    }
}

pub(crate) fn add(criterion: &mut Criterion) {
    let specification = Arc::new(Specification::embedded().expect("the specification"));
    let one = SampleOptions {
        authorities: Authorities::Some(vec![AUTHORITY.to_owned()]),
        returns_a_year: Some(10.0),
        ..SampleOptions::new(COLLECTION, 7)
    };
    let upload = Upload::new(&specification, &one);
    println!("one authority: {} rows", upload.rows);
    let mut group = criterion.benchmark_group("check");
    group.sample_size(20);
    group.bench_function("intake", |bench| bench.iter(|| black_box(upload.read())));
    group.bench_function("one_authority", |bench| {
        bench.iter(|| black_box(upload.validator.check(upload.read(), &CheckContext::default())));
    });
    values(&mut group, &upload);
    group.sample_size(10);
    for rows in [100_000, 1_000_000] {
        let upload = Upload::new(&specification, &SampleOptions::of_rows(COLLECTION, 7, AUTHORITY, rows));
        println!("large: {} rows", upload.rows);
        group.throughput(Throughput::Elements(upload.rows));
        group.bench_function(format!("rows_{rows}"), |bench| {
            let check = || upload.validator.check(upload.read(), &CheckContext::default());
            bench.iter_batched(|| (), |()| black_box(check()), BatchSize::PerIteration);
        });
    }
    group.finish();
}

/// The schema on the distinct values of each column, and the same schema on every row as an object.
fn values(group: &mut criterion::BenchmarkGroup<'_, criterion::measurement::WallTime>, upload: &Upload) {
    let collection = upload.specification.collection(COLLECTION).expect("a collection");
    let text = upload.read().read;
    group.bench_function("values_on_distinct_values", |bench| {
        bench.iter(|| black_box(upload.validator.read_values(&text, collection).expect("values")));
    });
    let schemas: Vec<_> = upload
        .specification
        .tables
        .iter()
        .map(|table| {
            let schema = table_schema(&upload.specification, table, collection);
            let options = jsonschema::draft202012::options().should_validate_formats(true);
            (table, options.build(&schema).expect("a schema"))
        })
        .collect();
    group.bench_function("values_row_by_row", |bench| {
        bench.iter(|| {
            let valid = schemas
                .iter()
                .flat_map(|(table, schema)| rows(table, &text).filter(|row| schema.is_valid(row)).collect::<Vec<_>>());
            black_box(valid.count())
        });
    });
}

/// The rows of a table as the objects that its schema describes.
fn rows<'a>(table: &'a Table, text: &'a TextReturn) -> impl Iterator<Item = Value> + 'a {
    let text = text.table(&table.name);
    (0..text.map_or(0, |text| text.rows())).map(move |row| {
        let cell = |field: &str| text.and_then(|text| text.column(field)).map_or("", |column| column.text(row));
        let members = table.fields.iter().filter(|field| !cell(&field.name).is_empty()).map(|field| {
            let cell = cell(&field.name);
            let value = match field.kind {
                FieldType::Integer | FieldType::Decimal | FieldType::Flag | FieldType::Flag9 => {
                    { cell.parse::<i64>().map(Value::from).or_else(|_| cell.parse::<f64>().map(Value::from)) }
                        .unwrap_or(Value::Null)
                }
                FieldType::Codes => cell.split(';').map(Value::from).collect(),
                FieldType::Date => match cell.split('/').collect::<Vec<_>>().as_slice() {
                    [day, month, year] => Value::from(format!("{year}-{month}-{day}")),
                    _ => Value::from(cell),
                },
                _ => Value::from(cell),
            };
            (field.name.clone(), value)
        });
        Value::Object(members.collect::<Map<_, _>>())
    })
}
