//! Reference numbers made by independent implementations, for the tests of this folder.

use serde_json::Value;

const CASES: &str = include_str!("../../../tests/data/statistics/cases.json");
const REFERENCES: [&str; 2] = [
    include_str!("../../../tests/data/statistics/reference_python.json"),
    include_str!("../../../tests/data/statistics/reference_r.json"),
];

/// How far from the reference a number may be, as a part of it where it is greater than 1.
const TOLERANCE: f64 = 1e-6;

/// One case: its data, and what the other implementations say of them.
pub(super) struct Case {
    pub(super) name: String,
    data: Value,
    /// Python's, then R's.
    pub(super) expected: Vec<Value>,
}

/// The cases of a method, with their references.
pub(super) fn cases(method: &str) -> Vec<Case> {
    let cases: Value = serde_json::from_str(CASES).expect("the cases");
    let references = REFERENCES.map(|text| serde_json::from_str::<Value>(text).expect("the references"));
    let all = cases[method].as_object().expect("cases of the method");
    let case = |(name, data): (&String, &Value)| Case {
        name: format!("{method}, {name}"),
        data: data.clone(),
        expected: references.iter().map(|reference| reference[method][name].clone()).collect(),
    };
    let found: Vec<Case> = all.iter().map(case).collect();
    let known = |case: &Case| case.expected.iter().all(Value::is_object);
    assert!(found.iter().all(known), "each case of {method} has its references");
    found
}

impl Case {
    /// A column of the data.
    pub(super) fn numbers(&self, column: &str) -> Vec<f64> {
        let values = self.data[column].as_array().expect("a column");
        values.iter().map(|value| value.as_f64().expect("a number")).collect()
    }

    /// Columns of the data that stand together.
    pub(super) fn columns(&self, name: &str) -> Vec<Vec<f64>> {
        let column = |values: &Value| {
            values.as_array().expect("a column").iter().map(|value| value.as_f64().expect("a number")).collect()
        };
        self.data[name].as_array().expect("columns").iter().map(column).collect()
    }

    /// A number of the data.
    pub(super) fn number(&self, name: &str) -> f64 {
        self.data[name].as_f64().expect("a number")
    }
    /// Times with their events, in ascending order.
    pub(super) fn times(&self) -> Vec<(f64, bool)> {
        let events = self.numbers("event").into_iter().map(|event| event == 1.0);
        let mut times: Vec<(f64, bool)> = self.numbers("time").into_iter().zip(events).collect();
        times.sort_by(|one, other| one.0.total_cmp(&other.0));
        times
    }

    pub(super) fn assert_near(&self, ours: f64, expected: &str) {
        for theirs in &self.expected {
            let theirs = theirs[expected].as_f64().unwrap_or_else(|| panic!("{}: no {expected}", self.name));
            self.assert_close(ours, theirs, expected);
        }
    }

    pub(super) fn assert_close(&self, ours: f64, theirs: f64, what: &str) {
        let allowed = TOLERANCE * theirs.abs().max(1.0);
        assert!((ours - theirs).abs() <= allowed, "{}: {what} is {ours} and not {theirs}", self.name);
    }
}
