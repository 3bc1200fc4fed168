//! Random criteria, answered by the data set and by reading each row of the file with nothing but the JSON of the query.

use super::super::Query;
use super::{option, three_years, year};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Every row as its file has it, the latest year first.
static ROWS: LazyLock<Vec<BTreeMap<String, String>>> = LazyLock::new(|| {
    let files = [year(2026), year(2025), year(2024)];
    let read = |text: &String| -> Vec<BTreeMap<String, String>> {
        csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.expect("a row")).collect()
    };
    files.iter().flat_map(read).collect()
});

/// (identifier, column, label) of every option, and some that there is not.
static OPTIONS: LazyLock<Vec<(String, &str, &str)>> = LazyLock::new(|| {
    let data = three_years();
    let mut options = vec![("absent".to_owned(), "", "")];
    for (column, labels) in [("colour", ["Total", "Red", "Blue"]), ("size", ["Total", "5 to 9", "10 to 15"])] {
        options.extend(labels.map(|label| (option(&data, column, label), column, label)));
    }
    options
});

fn level_label(code: &str) -> &str {
    match code {
        "NAT" => "National",
        "REG" => "Regional",
        "LA" => "Local authority",
        other => other,
    }
}

fn is_option(row: &BTreeMap<String, String>, id: &Value) -> bool {
    let option = OPTIONS.iter().find(|(known, _, _)| json!(known) == *id);
    option.is_some_and(|(_, column, label)| row.get(*column).is_some_and(|cell| cell == label))
}

fn is_level(row: &BTreeMap<String, String>, code: &Value) -> bool {
    row["geographic_level"] == level_label(code.as_str().expect("a code"))
}

fn is_place(row: &BTreeMap<String, String>, place: &Value) -> bool {
    let column = match (place["level"].as_str().expect("a level"), place.get("oldCode")) {
        ("NAT", _) => "country_code",
        ("REG", _) => "region_code",
        (_, Some(_)) => "old_la_code",
        (_, None) => "new_la_code",
    };
    let code = place.get("oldCode").or(place.get("code")).and_then(Value::as_str).expect("a code");
    row[column] == code
}

fn is_period(row: &BTreeMap<String, String>, period: &Value) -> bool {
    Some(row["time_period"].as_str()) == period["period"].as_str() && period["code"] == "RY"
}

fn all_of(row: &BTreeMap<String, String>, facet: &Value, is: fn(&BTreeMap<String, String>, &Value) -> bool) -> bool {
    let facet = facet.as_object().expect("an object");
    let any = |list: &Value| list.as_array().expect("a list").iter().any(|item| is(row, item));
    facet.iter().all(|(name, wanted)| match name.as_str() {
        "eq" => is(row, wanted),
        "notEq" => !is(row, wanted),
        "in" => any(wanted),
        "notIn" => !any(wanted),
        bound => {
            let year = |text: &str| text.parse::<i32>().expect("a year");
            let (own, bound_year) = (year(&row["time_period"]), year(wanted["period"].as_str().expect("a period")));
            (2024..=2026).contains(&bound_year)
                && wanted["code"] == "RY"
                && match bound {
                    "gt" => own > bound_year,
                    "gte" => own >= bound_year,
                    "lt" => own < bound_year,
                    _ => own <= bound_year,
                }
        }
    })
}

fn facets(row: &BTreeMap<String, String>, facets: &Value) -> Vec<bool> {
    let facets = facets.as_object().expect("an object");
    facets
        .iter()
        .filter(|(_, facet)| facet.as_object().is_some_and(|facet| !facet.is_empty()))
        .map(|(name, facet)| match name.as_str() {
            "filters" => all_of(row, facet, is_option),
            "geographicLevels" => all_of(row, facet, is_level),
            "locations" => all_of(row, facet, is_place),
            _ => all_of(row, facet, is_period),
        })
        .collect()
}

fn takes(row: &BTreeMap<String, String>, criteria: &Value) -> bool {
    let list = |list: &Value| list.as_array().expect("a list").clone();
    let is_condition = |value: &Value| ["and", "or", "not"].iter().any(|name| value.get(name).is_some());
    if let Some(clauses) = criteria.get("and") {
        list(clauses).iter().all(|one| takes(row, one))
    } else if let Some(clauses) = criteria.get("or") {
        list(clauses).iter().any(|one| takes(row, one))
    } else if let Some(inside) = criteria.get("not") {
        if is_condition(inside) { !takes(row, inside) } else { !facets(row, inside).contains(&true) }
    } else {
        facets(row, criteria).iter().all(|holds| *holds)
    }
}

fn an_option() -> impl Strategy<Value = Value> {
    (0..OPTIONS.len()).prop_map(|at| json!(OPTIONS[at].0))
}

fn a_level() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![json!("NAT"), json!("REG"), json!("LA"), json!("WARD")])
}

fn a_place() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!({"level": "NAT", "code": "E92000001"}),
        json!({"level": "REG", "code": "E12000002"}),
        json!({"level": "REG", "code": "E12000009"}),
        json!({"level": "LA", "code": "E06000047"}),
        json!({"level": "LA", "oldCode": "352"}),
        json!({"level": "LA", "oldCode": "999"}),
    ])
}

fn a_period() -> impl Strategy<Value = Value> {
    let period = |period: &str, code: &str| json!({"period": period, "code": code});
    let periods = ["2023", "2024", "2025", "2026"].map(|year| period(year, "RY"));
    prop::sample::select([periods.to_vec(), vec![period("2025", "CY")]].concat())
}

fn comparisons(item: impl Strategy<Value = Value> + Clone + 'static, bounds: bool) -> BoxedStrategy<Value> {
    let lists = prop::sample::select(vec!["in", "notIn"]);
    let list = (lists, prop::collection::vec(item.clone(), 1..4)).prop_map(|(name, items)| (name, json!(items)));
    let names = if bounds { vec!["eq", "notEq", "gt", "gte", "lt", "lte"] } else { vec!["eq", "notEq"] };
    let single = (prop::sample::select(names), item);
    prop::collection::vec(prop_oneof![single, list], 0..3)
        .prop_map(|members| Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()))
        .boxed()
}

fn some_facets() -> BoxedStrategy<Value> {
    let facet = prop_oneof![
        comparisons(an_option().boxed(), false).prop_map(|facet| ("filters", facet)),
        comparisons(a_level().boxed(), false).prop_map(|facet| ("geographicLevels", facet)),
        comparisons(a_place().boxed(), false).prop_map(|facet| ("locations", facet)),
        comparisons(a_period().boxed(), true).prop_map(|facet| ("timePeriods", facet)),
    ];
    prop::collection::vec(facet, 0..4)
        .prop_map(|facets| Value::Object(facets.into_iter().map(|(name, facet)| (name.to_owned(), facet)).collect()))
        .boxed()
}

fn some_criteria() -> BoxedStrategy<Value> {
    some_facets()
        .prop_recursive(4, 24, 3, |inside| {
            prop_oneof![
                prop::collection::vec(inside.clone(), 1..4).prop_map(|clauses| json!({ "and": clauses })),
                prop::collection::vec(inside.clone(), 1..4).prop_map(|clauses| json!({ "or": clauses })),
                inside.prop_map(|inside| json!({ "not": inside })),
            ]
        })
        .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_rows_as_reading_the_file(criteria in some_criteria()) {
        let data = three_years();
        let query = Query::from_json(json!({ "criteria": criteria }).to_string().as_bytes()).expect("it reads");
        let answer = data.query(&query).expect("it is answered");
        let ours: Vec<Vec<String>> = answer
            .rows()
            .map(|row| {
                let mut cells = vec![row.period.period(), row.level.label.to_owned()];
                cells.push(row.locations.last().map(|(_, place)| place.label.to_string()).unwrap_or_default());
                cells.extend(row.filters.iter().map(|(_, option)| option.label.to_string()));
                cells.extend(row.values.iter().map(|(_, text)| (*text).to_owned()));
                cells
            })
            .collect();
        let theirs: Vec<Vec<String>> = ROWS
            .iter()
            .filter(|row| takes(row, &criteria))
            .map(|row| {
                let place = ["la_name", "region_name", "country_name"].into_iter().find(|name| !row[*name].is_empty());
                let columns = ["time_period", "geographic_level", place.expect("a place"), "colour", "size", "thing_count", "thing_percent"];
                columns.map(|name| row[name].clone()).to_vec()
            })
            .collect();
        prop_assert_eq!(answer.paging.total_results, theirs.len() as u64);
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn pages_of_any_order_are_the_whole_once(size in 1_u64..70, field in prop::sample::select(vec!["timePeriod", "geographicLevel", "location|LA", "location|REG"]), descending: bool) {
        let data = three_years();
        let mut whole = Query { page_size: 10_000, ..Query::default() };
        whole.sorts.push(super::super::Sort { field: field.to_owned(), descending });
        let rows: Vec<_> = data.query(&whole).expect("it is answered").rows().collect();
        let mut paged = Vec::new();
        let mut page = Query { page_size: size, ..whole };
        loop {
            let answer = data.query(&page).expect("it is answered");
            paged.extend(answer.rows());
            if page.page >= answer.paging.total_pages {
                break;
            }
            page.page += 1;
        }
        prop_assert_eq!(rows.len(), data.rows());
        prop_assert_eq!(rows, paged);
    }

    #[test]
    fn no_body_whatever_brings_it_down(body in prop::collection::vec(any::<u8>(), 0..200), json in some_criteria()) {
        let _ = Query::from_json(&body);
        let _ = Query::from_json(json.to_string().as_bytes());
        let mut broken = json!({ "criteria": json }).to_string().into_bytes();
        let at = body.first().map_or(0, |byte| usize::from(*byte)) % broken.len();
        broken[at] = body.last().copied().unwrap_or(b'"');
        if let Err(errors) = Query::from_json(&broken) {
            prop_assert!(!errors.is_empty() && errors.iter().all(|error| error.detail.is_object()));
        }
    }
}
