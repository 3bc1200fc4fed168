//! Sample returns checked: alone, beside last year's, and beside another authority's.

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::Field;
use homeward::cli::sample::{Authorities, PlantedFault, SampleOptions, SampleReturn, Scene, generate};
use homeward::domain::report::Report;
use homeward::intake::{IntakeOptions, Source, read};
use homeward::spec::{Collection, Specification, others_shape};
use homeward::validate::{CheckContext, CheckOutcome, TypedReturn, Validator};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

pub(crate) struct Bench {
    pub(crate) specification: Arc<Specification>,
    pub(crate) validator: Validator,
}

/// One bench for all tests: planning the rules takes longer than most checks.
pub(crate) fn bench() -> &'static Bench {
    static BENCH: OnceLock<Bench> = OnceLock::new();
    BENCH.get_or_init(|| {
        let specification = Arc::new(Specification::embedded().expect("the specification loads"));
        let validator = Validator::new(Arc::clone(&specification)).expect("the validator is made");
        Bench { specification, validator }
    })
}

impl Bench {
    pub(crate) fn collection(&self, year: i32) -> &Collection {
        self.specification.collection(&format!("reunification-{year}")).expect("the collection is known")
    }

    pub(crate) fn made(&self, options: &SampleOptions) -> Vec<SampleReturn> {
        let returns = generate(options, &self.specification).expect("the options are good");
        returns.map(|made| made.expect("a return is made")).collect()
    }

    /// The returns of these authorities in a year, each with about so many returns home a year.
    pub(crate) fn sample(&self, year: i32, seed: u64, authorities: &[&str], returns_a_year: f64) -> Vec<SampleReturn> {
        self.made(&SampleOptions {
            authorities: Authorities::Some(authorities.iter().map(|code| (*code).to_owned()).collect()),
            returns_a_year: Some(returns_a_year),
            ..SampleOptions::new(format!("reunification-{year}"), seed)
        })
    }

    pub(crate) fn check_bytes(&self, bytes: &[u8], context: &CheckContext) -> CheckOutcome {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("return.zip");
        std::fs::write(&path, bytes).expect("written");
        let options = IntakeOptions::new(self.specification.limits.clone());
        let taken = read(&Source::File(path), &self.specification, &options).expect("the file is read");
        self.validator.check(taken, context)
    }

    pub(crate) fn check(&self, made: &SampleReturn, context: &CheckContext) -> CheckOutcome {
        self.check_bytes(&made.zip().expect("a ZIP is made"), context)
    }

    /// Checks a scene: its return beside the ones that it has.
    pub(crate) fn check_scene(&self, scene: &Scene) -> Report {
        let typed = |made: &SampleReturn| {
            self.check(made, &CheckContext::default()).typed.expect("what is compared with is not rejected")
        };
        let previous = scene.previous().as_ref().map(typed);
        let others = scene.other().map(|made| self.others(&[("999".to_owned(), typed(&made))]));
        self.check_bytes(
            &scene.upload().expect("an upload is made"),
            &CheckContext { previous, others, ..CheckContext::default() },
        )
        .report
    }

    /// The tables of other authorities that rules read.
    pub(crate) fn others(&self, returns: &[(String, TypedReturn)]) -> BTreeMap<String, Vec<RecordBatch>> {
        let names = ["children", "episodes", "starts"];
        names.map(|name| (name.to_owned(), self.others_table(name, returns))).into_iter().collect()
    }

    /// The rows of a table in the shape in which rules see other authorities' tables: with the authority's code in front.
    fn others_table(&self, table: &str, returns: &[(String, TypedReturn)]) -> Vec<RecordBatch> {
        let shape = others_shape(self.specification.table(table).expect("the table is known"));
        let batch = |(authority, typed): &(String, TypedReturn)| {
            let own = typed.tables.get(table)?;
            let column = |field: &Arc<Field>| match own.column_by_name(field.name()) {
                Some(column) => Arc::clone(column),
                None => Arc::new(StringArray::from(vec![authority.as_str(); own.num_rows()])) as ArrayRef,
            };
            let columns = shape.fields().iter().map(column).collect();
            Some(RecordBatch::try_new(Arc::clone(&shape), columns).expect("the columns fit"))
        };
        returns.iter().filter_map(batch).collect()
    }
}

/// Where a finding stands, in the words of what was planted: code, table, row, field.
pub(crate) type Where = (String, String, Option<u64>, String);

pub(crate) fn found(report: &Report) -> Vec<Where> {
    let mut found: Vec<Where> = report
        .findings
        .iter()
        .map(|finding| {
            let at = &finding.at;
            let text = |part: &Option<String>| part.clone().unwrap_or_default();
            (finding.code.clone(), text(&at.table), at.row.map(u64::from), text(&at.field))
        })
        .collect();
    found.sort();
    found
}

pub(crate) fn planted(faults: &[PlantedFault]) -> Vec<Where> {
    let mut places: Vec<Where> = faults
        .iter()
        .map(|fault| (fault.code.to_owned(), fault.table.to_owned(), fault.row, fault.field.to_owned()))
        .collect();
    places.sort();
    places
}
