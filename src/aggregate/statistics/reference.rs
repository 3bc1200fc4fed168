//! Reference numbers made by independent implementations, for the tests of this folder.

use serde_json::Value;

const CASES: &str = include_str!("../../../tests/data/statistics/cases.json");
const REFERENCE: &str = include_str!("../../../tests/data/statistics/reference.json");

/// How far from the reference a number may be, as a part of it where it is greater than 1.
const TOLERANCE: f64 = 1e-6;

/// One case: its data, and what the other implementations say of them.
pub(super) struct Case {
    pub(super) name: String,
    data: Value,
    pub(super) expected: Value,
}

/// The cases of a method, with their references.
pub(super) fn cases(method: &str) -> Vec<Case> {
    let cases: Value = serde_json::from_str(CASES).expect("the cases");
    let reference: Value = serde_json::from_str(REFERENCE).expect("the references");
    let all = cases[method].as_object().expect("cases of the method");
    let case = |(name, data): (&String, &Value)| Case {
        name: format!("{method}, {name}"),
        data: data.clone(),
        expected: reference[method][name].clone(),
    };
    let found: Vec<Case> = all.iter().map(case).collect();
    assert!(found.iter().all(|case| case.expected.is_object()), "each case of {method} has a reference");
    found
}

impl Case {
    /// A column of the data.
    pub(super) fn numbers(&self, column: &str) -> Vec<f64> {
        let values = self.data[column].as_array().expect("a column");
        values.iter().map(|value| value.as_f64().expect("a number")).collect()
    }

    /// Times with their events, in ascending order.
    pub(super) fn times(&self) -> Vec<(f64, bool)> {
        let events = self.numbers("event").into_iter().map(|event| event == 1.0);
        let mut times: Vec<(f64, bool)> = self.numbers("time").into_iter().zip(events).collect();
        times.sort_by(|one, other| one.0.total_cmp(&other.0));
        times
    }

    pub(super) fn assert_near(&self, ours: f64, expected: &str) {
        let theirs = self.expected[expected].as_f64().unwrap_or_else(|| panic!("{}: no {expected}", self.name));
        self.assert_close(ours, theirs, expected);
    }

    pub(super) fn assert_close(&self, ours: f64, theirs: f64, what: &str) {
        let allowed = TOLERANCE * theirs.abs().max(1.0);
        assert!((ours - theirs).abs() <= allowed, "{}: {what} is {ours} and not {theirs}", self.name);
    }
}
