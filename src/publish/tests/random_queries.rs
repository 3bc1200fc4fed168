//! Thousands of random queries of a release, and an attacker who has nothing but the answers.

use super::super::dataset::{Answer, DataSet, PublishedTable, Query, data_set_id};
use super::super::ees;
use crate::disclosure::tests::attack_cells;
use crate::disclosure::tests::simulated::{Chance, simulated};
use crate::disclosure::{Earlier, EarlierRow, EarlierTable, EarlierTables, Policies, Shown, clear};
use crate::spec::Specification;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// As many as the statement that it proves; a program without optimisation takes seconds for them.
const QUERIES: usize = 10_000;

/// What somebody was told of a row: a text for each column.
type Told = BTreeMap<(String, [String; 8], Vec<String>), BTreeMap<String, String>>;

struct Asking {
    chance: Chance,
    told: Told,
    answered: usize,
}

impl Asking {
    fn pick(&mut self, from: usize) -> usize {
        ((self.chance.next() * from as f64) as usize).min(from - 1)
    }

    fn some<T: Clone>(&mut self, from: &[T]) -> Vec<T> {
        let wanted = 1 + self.pick(4);
        (0..wanted).map(|_| from[self.pick(from.len())].clone()).collect()
    }

    /// A condition that the data set understands: a facet, or several joined, turned round or set beside each other.
    fn criteria(&mut self, data: &DataSet, depth: usize) -> Value {
        if depth < 3 && self.chance.next() < 0.4 {
            let parts: Vec<Value> = (0..=self.pick(2)).map(|_| self.criteria(data, depth + 1)).collect();
            return match self.pick(3) {
                0 => json!({ "and": parts }),
                1 => json!({ "or": parts }),
                _ => json!({ "not": parts[0] }),
            };
        }
        let comparison = ["eq", "notEq", "in", "notIn"][self.pick(4)];
        let of = |values: Vec<Value>| {
            let value =
                if comparison.ends_with('n') || comparison.ends_with("In") { json!(values) } else { values[0].clone() };
            json!({ comparison: value })
        };
        match self.pick(4) {
            0 => {
                let codes: Vec<Value> = data.levels().iter().map(|level| json!(level.code)).collect();
                json!({"geographicLevels": of(self.some(&codes))})
            }
            1 => {
                let group = &data.locations()[self.pick(data.locations().len())];
                let places = group.options.iter().map(|one| json!({"level": group.level.code, "id": one.id}));
                let places: Vec<Value> = places.collect();
                json!({"locations": of(self.some(&places))})
            }
            2 if !data.filters().is_empty() => {
                let filter = &data.filters()[self.pick(data.filters().len())];
                let items: Vec<Value> = filter.options.iter().map(|one| json!(one.id)).collect();
                json!({"filters": of(self.some(&items))})
            }
            _ => json!({"timePeriods": {"gte": {"period": "2026", "code": "RY"}}}),
        }
    }

    fn ask(&mut self, indicator: &str, data: &DataSet) {
        let mut body = json!({"page": 1 + self.pick(3), "pageSize": 1 + self.pick(300)});
        if self.chance.next() < 0.95 {
            body["criteria"] = self.criteria(data, 0);
        }
        if self.chance.next() < 0.3 {
            let columns: Vec<Value> = data.indicators().iter().map(|one| json!(one.id)).collect();
            body["indicators"] = json!(self.some(&columns));
        }
        if self.chance.next() < 0.3 {
            let direction = ["Asc", "Desc"][self.pick(2)];
            body["sorts"] = json!([{"field": "geographicLevel", "direction": direction}]);
        }
        let query = Query::from_json(body.to_string().as_bytes()).unwrap_or_else(|faults| panic!("{body}: {faults:?}"));
        let answer = data.query(&query).unwrap_or_else(|faults| panic!("{body}: {faults:?}"));
        self.note(indicator, data, &answer);
    }

    fn note(&mut self, indicator: &str, data: &DataSet, answer: &Answer<'_>) {
        for row in answer.rows() {
            self.answered += 1;
            let mut place: [String; 8] = Default::default();
            place[0] = row.level.label.to_owned();
            for (level, location) in &row.locations {
                match level.code {
                    "REG" => place[3] = location.codes[0].to_string(),
                    "LA" => place[5] = location.codes[1].to_string(),
                    _ => {}
                }
            }
            let items = data.filters().iter().map(|filter| {
                let item = row.filters.iter().find(|(known, _)| known.id == filter.id);
                item.map(|(_, option)| option.label.to_string()).unwrap_or_default()
            });
            let key = (indicator.to_owned(), place, items.collect());
            let told = self.told.entry(key).or_default();
            for (column, value) in &row.values {
                let before = told.insert(column.column.to_string(), (*value).to_owned());
                assert!(before.is_none_or(|before| before == *value), "two answers about one cell differ");
            }
        }
    }

    /// The answers as tables; rows of which a column was never asked are left out, and counted.
    fn tables(&self, sets: &BTreeMap<String, DataSet>) -> (EarlierTables, usize) {
        let mut tables: BTreeMap<String, EarlierTable> = BTreeMap::new();
        let mut left = 0;
        for ((indicator, place, items), told) in &self.told {
            let data = &sets[indicator];
            let figure = |text: &String, decimals: u8| match text.parse::<f64>() {
                Ok(number) if decimals == 0 => Some(Shown::Number(number as i64)),
                Ok(number) => Some(Shown::Decimal(number, decimals)),
                Err(_) => Shown::of_symbol(text),
            };
            let figures = data.indicators().iter().map(|column| {
                told.get(&*column.column)
                    .map(|text| figure(text, column.decimals.unwrap_or(2)).expect("a known figure"))
            });
            let Some(figures) = figures.collect::<Option<Vec<_>>>() else {
                left += 1;
                continue;
            };
            let table = tables.entry(indicator.clone()).or_insert_with(|| EarlierTable {
                filters: data.filters().iter().map(|filter| filter.column.to_string()).collect(),
                columns: data.indicators().iter().map(|column| column.column.to_string()).collect(),
                rows: Vec::new(),
            });
            table.rows.push(EarlierRow { place: place.clone(), items: items.clone(), figures });
        }
        (EarlierTables { name: "answers".to_owned(), year: 2026, tables, returns: BTreeMap::new() }, left)
    }
}

#[test]
fn random_queries_pin_nothing_down() {
    let raw = simulated(7, 1, 40.0, 2);
    let policies = Policies::load(&Specification::embedded().expect("the specification")).expect("the policies");
    let (tables, audit) = clear(&raw, &policies, &Earlier::default()).expect("a safe release");
    let mut sets = BTreeMap::new();
    for table in tables.tables().iter().filter(|table| table.definition().unit_analysis().is_none()) {
        let id = &table.definition().id;
        let (csv, meta) = (ees::data(&tables, table), ees::meta(table));
        let json = br#"{"label": "", "definition": "", "rows": []}"#;
        let file = PublishedTable { name: id, csv: &csv, meta: &meta, json };
        sets.insert(id.clone(), DataSet::load(data_set_id("family", id), &[file]).expect("its files load"));
    }
    let mut asking = Asking { chance: Chance(11), told: Told::new(), answered: 0 };
    let names: Vec<String> = sets.keys().cloned().collect();
    for _ in 0..QUERIES {
        let name = names[asking.pick(names.len())].clone();
        asking.ask(&name, &sets[&name]);
    }
    let rows: usize = sets.values().map(DataSet::rows).sum();
    let (mut answers, left) = asking.tables(&sets);
    assert!(asking.answered > QUERIES && asking.told.len() * 10 > rows * 8, "{} of {rows}", asking.told.len());
    assert!(left * 20 < rows, "{left} rows were told in part only");
    let codes = raw.geography.authorities.iter().map(|one| (one.code.clone(), crate::domain::digest::Digest::of(b"")));
    answers.returns = codes.collect();
    let (report, strange) = attack_cells(&raw, &policies, &answers);
    assert_eq!(strange, 0, "every row that was told has a name");
    assert!(report.passed, "{report}");
    let kind = "hidden counts of authorities";
    assert!(report.settled[kind].numbers * 10 > audit.settled[kind].numbers * 8, "{report}");
    // Had one answer held what is hidden, the attacker would say so.
    let hidden = |figure: &Shown| *figure == Shown::Confidential;
    let table = answers.tables.get_mut("returns").expect("its rows");
    let row = table.rows.iter_mut().find(|row| !row.place[5].is_empty() && hidden(&row.figures[0]));
    row.expect("a hidden count").figures[0] = Shown::Number(3);
    assert!(!attack_cells(&raw, &policies, &answers).0.passed);
}
