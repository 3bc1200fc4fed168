//! The counting of a release beside DuckDB on the same Parquet file, in the same run:
//! `HOMEWARD_DUCKDB_PYTHON=python3 cargo bench -- group_by`, where that Python has the package duckdb. Without it only our
//! own is measured.
//!
//! Both run the same SQL, read the file anew each time (which is in the system's memory by then), and give every row of the
//! answer; before anything is measured the two answers are compared. DuckDB is measured with one thread and with as many as
//! there are processors. Ours uses one for a query: a release runs several of its queries side by side.

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode};
use homeward::domain::digest::Digest;
use homeward::engine::{DataFusionEngine, PlannedQuery, QueryEngine, TableShape, Tables};
use homeward::store::parquet;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Returns counted as the indicator `returns_planned` counts them, in the form in which `aggregate` asks: by authority and
/// each of three breakdowns, in one pass.
const SQL: &str = "SELECT LA, age_group, sex, need, SUM(is_planned) AS planned, COUNT(*) AS returns \
     FROM (SELECT LA, COALESCE(age_group, '') AS age_group, COALESCE(sex, '') AS sex, COALESCE(need, '') AS need, is_planned FROM returns) \
     GROUP BY GROUPING SETS ((LA), (LA, age_group), (LA, sex), (LA, need))";

/// Measures inside Python, so that its start does not count. Arguments: the file, the query, how often, how many threads.
/// Prints the seconds and the digest of the answer's rows.
const DUCKDB: &str = r#"
import duckdb, hashlib, sys, time
path, sql, times, threads = sys.argv[1:]
connection = duckdb.connect()
connection.execute(f"SET threads = {threads}")
sql = sql.replace("FROM returns", f"FROM read_parquet('{path}')")
rows = connection.execute(sql).fetchall()
begun = time.perf_counter()
for _ in range(int(times)):
    rows = connection.execute(sql).fetchall()
seconds = time.perf_counter() - begun
lines = sorted("|".join("" if cell is None else str(cell) for cell in row) for row in rows)
print(seconds, hashlib.sha256("\n".join(lines).encode()).hexdigest())
"#;

fn shape() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let number = Field::new("is_planned", DataType::Int64, true);
    Arc::new(Schema::new(vec![text("LA"), text("age_group"), text("sex"), text("need"), number]))
}

fn synthetic(rows: usize) -> RecordBatch {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut texts = |prefix: &str, kinds: u32| -> ArrayRef {
        let cells = (0..rows).map(|_| Some(format!("{prefix}{}", random.random_range(0..kinds))));
        Arc::new(cells.collect::<StringArray>())
    };
    let columns = [texts("", 153), texts("age ", 5), texts("sex ", 3), texts("need ", 9)];
    let planned = Int64Array::from_iter_values((0..rows).map(|_| i64::from(random.random_bool(0.6))));
    RecordBatch::try_new(shape(), columns.into_iter().chain([Arc::new(planned) as ArrayRef]).collect())
        .expect("columns")
}

/// Reads the file and counts.
fn ours(plan: &dyn PlannedQuery, file: &Path) -> RecordBatch {
    let bytes = Bytes::from(std::fs::read(file).expect("the file"));
    let mut tables = Tables::new();
    tables.insert("returns", vec![parquet::read(bytes).expect("Parquet")]);
    plan.run(&tables).expect("counts")
}

/// The digest of the answer's rows, each as text, in their alphabetical order.
fn digest(answer: &RecordBatch) -> String {
    let columns = answer.columns().iter().map(|column| cast(column, &DataType::Utf8).expect("text"));
    let columns: Vec<ArrayRef> = columns.collect();
    let cell = |column: &ArrayRef, row: usize| {
        let cells = column.as_string::<i32>();
        (if cells.is_null(row) { "" } else { cells.value(row) }).to_owned()
    };
    let line = |row: usize| columns.iter().map(|column| cell(column, row)).collect::<Vec<_>>().join("|");
    let mut lines: Vec<String> = (0..answer.num_rows()).map(line).collect();
    lines.sort();
    Digest::of(lines.join("\n").as_bytes()).to_string()
}

/// What DuckDB takes for so many times, and the digest of its answer.
fn duckdb(python: &OsStr, file: &Path, times: u64, threads: usize) -> (Duration, String) {
    let (file, times, threads) = (file.display().to_string(), times.to_string(), threads.to_string());
    let done = Command::new(python).args(["-c", DUCKDB, &file, SQL, &times, &threads]).output().expect("Python starts");
    let told = String::from_utf8_lossy(&done.stdout);
    let Some((seconds, digest)) = told.trim().split_once(' ') else {
        panic!("DuckDB gave no answer: {}", String::from_utf8_lossy(&done.stderr));
    };
    (Duration::from_secs_f64(seconds.parse().expect("seconds")), digest.to_owned())
}

/// The two beside each other, three times in turn; the least of each, which the machine disturbed least.
fn print_ratio(plan: &dyn PlannedQuery, python: &OsStr, file: &Path, rows: usize, threads: usize) {
    let (mut own, mut theirs) = (Duration::MAX, Duration::MAX);
    for _ in 0..3 {
        let begun = Instant::now();
        ours(plan, file);
        own = own.min(begun.elapsed());
        theirs = theirs.min(duckdb(python, file, 1, threads).0);
    }
    let ratio = own.as_secs_f64() / theirs.as_secs_f64();
    println!("{rows} rows: {own:.2?}, DuckDB with {threads} threads {theirs:.2?}: {ratio:.2} times as long");
}

fn measure(group: &mut BenchmarkGroup<'_, WallTime>, rows: usize) {
    let file = tempfile::NamedTempFile::with_suffix(".parquet").expect("a file");
    let bytes = parquet::write(&shape(), &[synthetic(rows)]).expect("Parquet");
    std::fs::write(file.path(), &bytes).expect("written");
    drop(bytes);
    let shapes = [TableShape { schema: None, name: "returns".to_owned(), columns: shape() }];
    let plan = DataFusionEngine::new(&shapes, &BTreeMap::new()).expect("an engine").plan(SQL).expect("plans");
    let plan = plan.as_ref();
    group.bench_function(BenchmarkId::new("homeward", rows), |bencher| {
        bencher.iter(|| ours(plan, file.path()).num_rows());
    });
    #[expect(clippy::disallowed_methods, reason = "a measurement is no part of the service that config tells of")]
    let Some(python) = std::env::var_os("HOMEWARD_DUCKDB_PYTHON") else { return };
    let all = std::thread::available_parallelism().map_or(1, usize::from);
    let (own, (_, theirs)) = (digest(&ours(plan, file.path())), duckdb(&python, file.path(), 1, all));
    assert_eq!(own, theirs, "the same rows are counted differently");
    let threads = if all > 1 { vec![1, all] } else { vec![1] };
    for threads in threads {
        group.bench_function(BenchmarkId::new(format!("duckdb_{threads}_threads"), rows), |bencher| {
            bencher.iter_custom(|times| duckdb(&python, file.path(), times, threads).0);
        });
        print_ratio(plan, &python, file.path(), rows, threads);
    }
}

pub(crate) fn add(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("group_by");
    group.sampling_mode(SamplingMode::Flat).sample_size(10).measurement_time(Duration::from_secs(5));
    for rows in [1_000_000, 10_000_000] {
        measure(&mut group, rows);
    }
    group.finish();
}
