//! The counting of a release beside DuckDB on the same Parquet file: `HOMEWARD_DUCKDB_PYTHON=python3 cargo bench -- group_by`,
//! where that Python has the package duckdb. Without it only our own is measured. Both read the file anew each time; each
//! may use every core it wants.

use arrow::array::{ArrayRef, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, SamplingMode};
use homeward::engine::{DataFusionEngine, QueryEngine, TableShape, Tables};
use homeward::store::parquet;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

/// Returns counted as the indicator `returns_planned` counts them: by authority and each of three breakdowns.
const SQL: &str = "SELECT LA, age_group, NULL AS sex, NULL AS need, COUNT(*) AS returns, SUM(is_planned) AS planned FROM returns GROUP BY LA, age_group \
     UNION ALL SELECT LA, NULL, sex, NULL, COUNT(*), SUM(is_planned) FROM returns GROUP BY LA, sex \
     UNION ALL SELECT LA, NULL, NULL, need, COUNT(*), SUM(is_planned) FROM returns GROUP BY LA, need";

/// Measures inside Python, so that its start does not count.
const DUCKDB: &str = "import duckdb,sys,time\nc=duckdb.connect()\nq=sys.argv[2].replace('FROM returns',\"FROM read_parquet('\"+sys.argv[1]+\"')\")\n\
     n=int(sys.argv[3])\nc.execute(q).fetchall()\nt=time.perf_counter()\nfor _ in range(n): rows=len(c.execute(q).fetchall())\n\
     print(time.perf_counter()-t,rows)";

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

pub(crate) fn add(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("group_by");
    group.sampling_mode(SamplingMode::Flat).sample_size(10).measurement_time(Duration::from_secs(5));
    for rows in [1_000_000, 10_000_000] {
        let file = tempfile::NamedTempFile::with_suffix(".parquet").expect("a file");
        let bytes = parquet::write(&shape(), &[synthetic(rows)]).expect("Parquet");
        std::fs::write(file.path(), &bytes).expect("written");
        drop(bytes);
        let shapes = [TableShape { schema: None, name: "returns".to_owned(), columns: shape() }];
        let plan = DataFusionEngine::new(&shapes, &BTreeMap::new()).expect("an engine").plan(SQL).expect("plans");
        group.bench_function(BenchmarkId::new("homeward", rows), |bencher| {
            bencher.iter(|| {
                let bytes = Bytes::from(std::fs::read(file.path()).expect("the file"));
                let mut tables = Tables::new();
                tables.insert("returns", vec![parquet::read(bytes).expect("Parquet")]);
                plan.run(&tables).expect("counts").num_rows()
            });
        });
        #[expect(clippy::disallowed_methods, reason = "a measurement is no part of the service that config tells of")]
        let Some(python) = std::env::var_os("HOMEWARD_DUCKDB_PYTHON") else { continue };
        group.bench_function(BenchmarkId::new("duckdb", rows), |bencher| {
            bencher.iter_custom(|times| {
                let path = file.path().display().to_string();
                let done = Command::new(&python).args(["-c", DUCKDB, &path, SQL, &times.to_string()]).output();
                let answer = String::from_utf8(done.expect("Python starts").stdout).expect("text");
                let seconds = answer.split(' ').next().expect("seconds").parse().expect("duckdb is installed");
                Duration::from_secs_f64(seconds)
            });
        });
    }
    group.finish();
}
