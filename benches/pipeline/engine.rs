//! What a rule costs: planned once and run, against planned for each return.

use arrow::array::{ArrayRef, Date32Array, DictionaryArray, Int64Array, StringArray, StringViewArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type};
use arrow::record_batch::RecordBatch;
use criterion::{BatchSize, Criterion};
use homeward::engine::{DataFusionEngine, PlannedQuery, QueryEngine, TableShape, Tables};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

const ROWS: usize = 1_500;

/// Queries as rules write them.
const QUERIES: [(&str, &str); 6] = [
    ("filter", "SELECT _row FROM spells WHERE FINISH < START"),
    ("filter_with_functions", "SELECT _row FROM spells WHERE add_months(START, 18) < FINISH AND has_code(CODE, 'X9')"),
    (
        "exists",
        "SELECT a._row FROM spells a WHERE EXISTS (SELECT 1 FROM spells b WHERE b.CHILD = a.CHILD \
         AND b._row <> a._row AND b.START < a.START AND b.FINISH > a.START)",
    ),
    (
        "not_exists_two_tables",
        "SELECT p._row FROM people p WHERE NOT EXISTS \
         (SELECT 1 FROM spells s WHERE s.CHILD = p.CHILD AND s.START <= p.START AND s.FINISH >= p.START)",
    ),
    ("group", "SELECT CHILD, COUNT(*) AS n FROM spells GROUP BY CHILD HAVING COUNT(*) > 20"),
    (
        "window",
        "SELECT _row FROM (SELECT _row, START, LAG(FINISH) OVER (PARTITION BY CHILD ORDER BY START, _row) AS before \
         FROM spells) WHERE before > START",
    ),
];

/// How the text columns are held.
#[derive(Clone, Copy, PartialEq)]
enum Texts {
    Plain,
    View,
    Dictionary,
}

impl Texts {
    fn kind(self) -> DataType {
        match self {
            Self::Plain => DataType::Utf8,
            Self::View => DataType::Utf8View,
            Self::Dictionary => DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8)),
        }
    }

    fn column(self, texts: &[String]) -> ArrayRef {
        let texts = texts.iter().map(String::as_str);
        match self {
            Self::Plain => Arc::new(texts.map(Some).collect::<StringArray>()),
            Self::View => Arc::new(texts.map(Some).collect::<StringViewArray>()),
            Self::Dictionary => Arc::new(texts.collect::<DictionaryArray<UInt32Type>>()),
        }
    }
}

fn columns(texts: Texts) -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("_row", DataType::Int64, true),
        Field::new("CHILD", texts.kind(), true),
        Field::new("START", DataType::Date32, true),
        Field::new("FINISH", DataType::Date32, true),
        Field::new("CODE", texts.kind(), true),
    ]))
}

fn engine(texts: Texts) -> DataFusionEngine {
    let shape = |name: &str| TableShape { schema: None, name: name.to_owned(), columns: columns(texts) };
    DataFusionEngine::new(&[shape("spells"), shape("people")], &BTreeMap::new()).expect("an engine")
}

/// Spells that follow one another: a child has about five.
fn batch(rows: usize, each: usize, texts: Texts) -> RecordBatch {
    let children: Vec<String> = (0..rows).map(|row| format!("7f3a9c51e2d8{:06}", row / each)).collect();
    let codes: Vec<String> = (0..rows).map(|row| format!("X{}", row % 7)).collect();
    let start = |row: usize| i32::try_from(19_000 + row / each + (row % each) * 90).expect("a day of this century");
    RecordBatch::try_new(
        columns(texts),
        vec![
            Arc::new((0..i64::try_from(rows).expect("few rows")).collect::<Int64Array>()),
            texts.column(&children),
            Arc::new((0..rows).map(|row| Some(start(row))).collect::<Date32Array>()),
            Arc::new((0..rows).map(|row| Some(start(row) + 90)).collect::<Date32Array>()),
            texts.column(&codes),
        ],
    )
    .expect("a batch of the shape")
}

fn tables(texts: Texts) -> Tables {
    let mut tables = Tables::new();
    tables.insert("spells", vec![batch(ROWS, 5, texts)]);
    tables.insert("people", vec![batch(300, 1, texts)]);
    tables
}

/// Adds the group `engine`.
pub(super) fn add(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("engine");
    let (plain, data) = (engine(Texts::Plain), tables(Texts::Plain));
    for (name, sql) in QUERIES {
        let planned = plain.plan(sql).expect("a query that plans");
        group.bench_function(format!("{name}/planned_once"), |bench| {
            bench.iter(|| planned.run(black_box(&data)).expect("an answer"));
        });
        group.bench_function(format!("{name}/planned_each_time"), |bench| {
            bench.iter(|| plain.plan(sql).expect("plans").run(black_box(&data)).expect("an answer"));
        });
        println!("{name}: planning each time costs {:.0} times as much", ratio(&plain, planned.as_ref(), sql, &data));
    }
    for (label, texts) in [("view", Texts::View), ("dictionary", Texts::Dictionary)] {
        let (engine, data) = (engine(texts), tables(texts));
        for (name, sql) in QUERIES {
            let planned = engine.plan(sql).expect("a query that plans");
            group.bench_function(format!("{name}/{label}_texts"), |bench| {
                bench.iter(|| planned.run(black_box(&data)).expect("an answer"));
            });
        }
    }
    let one = batch(ROWS, 5, Texts::Plain);
    let simple = plain.plan(QUERIES[0].1).expect("a query that plans");
    group.bench_function("filter/first_query_over_new_tables", |bench| {
        bench.iter_batched(
            || {
                let mut tables = Tables::new();
                tables.insert("spells", vec![one.clone()]);
                tables
            },
            |tables| simple.run(&tables).expect("an answer"),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn ratio(engine: &DataFusionEngine, planned: &dyn PlannedQuery, sql: &str, data: &Tables) -> f64 {
    let times = 100;
    let timed = |work: &dyn Fn()| {
        let from = Instant::now();
        (0..times).for_each(|_| work());
        from.elapsed().as_secs_f64()
    };
    let once = timed(&|| drop(planned.run(data).expect("an answer")));
    let each = timed(&|| drop(engine.plan(sql).expect("plans").run(data).expect("an answer")));
    each / once
}
