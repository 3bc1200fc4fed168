//! Errors, warnings, sorting and the two forms of a query.

use super::super::{MAX_CLAUSES, MAX_ERRORS, MAX_ITEMS, MAX_ITEMS_IN_ALL, Query};
use super::{ask, indicator, option, refused, three_years};
use serde_json::{Value, json};

fn codes(messages: &Value) -> Vec<(String, String)> {
    let messages = messages.as_array().expect("a list");
    let text = |message: &Value, name: &str| message[name].as_str().expect("a text").to_owned();
    for message in messages {
        assert!(message["detail"].is_object() && !text(message, "message").is_empty(), "{message}");
    }
    messages.iter().map(|message| (text(message, "path"), text(message, "code"))).collect()
}

fn pairs(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
    wanted.iter().map(|(path, code)| ((*path).to_owned(), (*code).to_owned())).collect()
}

#[test]
fn a_result_has_the_shape_of_the_public_api() {
    let data = three_years();
    let criteria = json!({"and": [
        {"locations": {"eq": {"level": "LA", "oldCode": "352"}}},
        {"timePeriods": {"gte": {"period": "2026", "code": "RY"}}},
        {"filters": {"in": [option(&data, "colour", "Red")]}},
        {"filters": {"eq": option(&data, "size", "5 to 9")}},
    ]});
    let answer = ask(&data, &json!({"criteria": criteria, "pageSize": 5, "debug": true}));
    insta::assert_json_snapshot!(answer, @r#"
    {
      "paging": {
        "page": 1,
        "pageSize": 5,
        "totalResults": 1,
        "totalPages": 1
      },
      "warnings": [
        {
          "message": "Debug mode is enabled. Do not enable debug mode in a production environment.",
          "path": "debug",
          "code": "DebugEnabled",
          "detail": {
            "value": true
          }
        }
      ],
      "results": [
        {
          "timePeriod": {
            "code": "RY",
            "period": "2026"
          },
          "geographicLevel": "LA",
          "locations": {
            "NAT": "n1zWIK74 :: England (code = E92000001)",
            "REG": "amqs2mLh :: North West (code = E12000002)",
            "LA": "6T3Vah5y :: Manchester (code = E08000003, oldCode = 352)"
          },
          "filters": {
            "YfBrWnw :: colour": "Fe87XWST :: Red",
            "5TXzygEN :: size": "GAn2L8T9 :: 5 to 9"
          },
          "values": {
            "K8NAxn1R :: thing_count": "3",
            "pXaYw1G4 :: thing_percent": "3.3"
          }
        }
      ]
    }
    "#);
    let plain = ask(&data, &json!({"criteria": criteria, "indicators": [indicator(&data, "thing_count")]}));
    insta::assert_json_snapshot!(plain["results"], @r#"
    [
      {
        "timePeriod": {
          "code": "RY",
          "period": "2026"
        },
        "geographicLevel": "LA",
        "locations": {
          "NAT": "n1zWIK74",
          "REG": "amqs2mLh",
          "LA": "6T3Vah5y"
        },
        "filters": {
          "YfBrWnw": "Fe87XWST",
          "5TXzygEN": "GAn2L8T9"
        },
        "values": {
          "K8NAxn1R": "3"
        }
      }
    ]
    "#);
}

#[test]
fn everything_wrong_is_said_at_once() {
    let data = three_years();
    let body = r#"{
        // Comments are allowed.
        "criteria": {"and": [
            {"filters": {"eq": 7, "in": []}, "colour": "red"},
            {"geographicLevels": {"in": ["LA", "Town"]}},
            {"locations": {"notEq": {"level": "LA", "urn": "1"}, "eq": {"level": "XX", "code": "E"}}},
            {"locations": {"in": [{"code": "E"}, {"level": "LA"}, "LA"]}},
            {"timePeriods": {"gt": {"period": "2025/2027", "code": "AY"}, "lt": {"period": "2025/2026", "code": "RY"}}},
            {"timePeriods": {"eq": {"period": "soon", "code": "RY"}, "lte": {"code": "RY"}}},
            {"filters": {"notEq": "12345678901", "notIn": [""]}}
        ]},
        "indicators": "all", "sorts": [{"field": "timePeriod", "direction": "down"}],
        "page": 0, "pageSize": 10001, "debug": "yes", "limit": 5
    }"#;
    assert_eq!(
        codes(&refused(&data, body)),
        pairs(&[
            ("limit", "UnknownField"),
            ("criteria.and[0].colour", "UnknownField"),
            ("criteria.and[0].filters.eq", "InvalidValue"),
            ("criteria.and[0].filters.in", "NotEmpty"),
            ("criteria.and[1].geographicLevels.in[1]", "AllowedValue"),
            ("criteria.and[2].locations.eq.level", "LocationAllowedLevel"),
            ("criteria.and[2].locations.notEq.urn", "LocationAllowedProperty"),
            ("criteria.and[3].locations.in[0].level", "RequiredValue"),
            ("criteria.and[3].locations.in[1]", "RequiredValue"),
            ("criteria.and[3].locations.in[2]", "InvalidValue"),
            ("criteria.and[4].timePeriods.gt.period", "TimePeriodInvalidYearRange"),
            ("criteria.and[4].timePeriods.lt.code", "TimePeriodAllowedCode"),
            ("criteria.and[5].timePeriods.eq.period", "TimePeriodInvalidYear"),
            ("criteria.and[5].timePeriods.lte.period", "RequiredValue"),
            ("criteria.and[6].filters.notEq", "MaximumLength"),
            ("criteria.and[6].filters.notIn[0]", "NotEmpty"),
            ("indicators", "InvalidValue"),
            ("sorts[0].direction", "AllowedValue"),
            ("page", "GreaterThanOrEqual"),
            ("pageSize", "InclusiveBetween"),
            ("debug", "InvalidValue"),
        ])
    );
    assert_eq!(codes(&refused(&data, "[]")), pairs(&[("$", "InvalidValue")]));
    assert_eq!(codes(&refused(&data, "{\"page\": 1,,}")), pairs(&[("$", "InvalidValue")]));
    let unknown = r#"{"indicators": ["absent"], "sorts": [{"field": "indicator|absent", "direction": "Asc"}, {"field": "name", "direction": "Desc"}]}"#;
    let errors = refused(&data, unknown);
    assert_eq!(codes(&errors), pairs(&[("indicators", "IndicatorsNotFound"), ("sorts", "SortFieldsNotFound")]));
    assert_eq!(errors[1]["detail"]["items"].as_array().map(Vec::len), Some(2));
}

#[test]
fn criteria_are_neither_too_deep_nor_too_many() {
    let data = three_years();
    let deep = format!(r#"{{"criteria": {}{{}}{}}}"#, r#"{"not": "#.repeat(10), "}".repeat(10));
    assert_eq!(codes(&refused(&data, &deep))[0].1, "CriteriaTooDeep");
    let deeper = format!(r#"{{"criteria": {}{{}}{}}}"#, r#"{"not": "#.repeat(9000), "}".repeat(9000));
    assert_eq!(codes(&refused(&data, &deeper))[0].1, "InvalidValue");
    let many = format!(r#"{{"criteria": {{"or": [{}]}}}}"#, vec!["{}"; MAX_CLAUSES].join(","));
    assert_eq!(codes(&refused(&data, &many))[0].1, "CriteriaTooMany");
    let allowed = format!(r#"{{"criteria": {{"or": [{}]}}}}"#, vec!["{}"; MAX_CLAUSES - 1].join(","));
    assert_eq!(refused(&data, &allowed), json!([]));
}

#[test]
fn what_is_not_found_is_a_warning() {
    let data = three_years();
    let answer = ask(
        &data,
        &json!({"criteria": {"or": [
            {"filters": {"in": ["absent", "absent", option(&data, "colour", "Red")]}},
            {"geographicLevels": {"eq": "WARD"}},
            {"locations": {"eq": {"level": "LA", "code": "E09000001"}}},
            {"timePeriods": {"lt": {"period": "2001", "code": "RY"}}},
        ]}}),
    );
    assert_eq!(
        codes(&answer["warnings"]),
        pairs(&[
            ("criteria.or[0].filters.in", "FiltersNotFound"),
            ("criteria.or[1].geographicLevels.eq", "GeographicLevelsNotFound"),
            ("criteria.or[2].locations.eq", "LocationsNotFound"),
            ("criteria.or[3].timePeriods.lt", "TimePeriodsNotFound"),
        ])
    );
    assert_eq!(answer["warnings"][0]["detail"]["items"], json!(["absent"]));
    assert_eq!(answer["warnings"][2]["detail"]["items"], json!([{"level": "LA", "code": "E09000001"}]));
    assert_eq!(answer["paging"]["totalResults"], 54);
    let nothing = ask(&data, &json!({"criteria": {"filters": {"eq": "absent"}}, "page": 3}));
    assert_eq!(
        codes(&nothing["warnings"]),
        pairs(&[("criteria.filters.eq", "FiltersNotFound"), ("criteria", "QueryNoResults")])
    );
    assert_eq!(nothing["paging"], json!({"page": 3, "pageSize": 1000, "totalResults": 0, "totalPages": 1}));
}

#[test]
fn results_are_sorted_by_what_was_asked_for() {
    let data = three_years();
    let count = indicator(&data, "thing_count");
    let column = |sorts: Value, name: &str| -> Vec<String> {
        let answer = ask(&data, &json!({"sorts": sorts, "indicators": [count], "pageSize": 10000, "debug": true}));
        let results = answer["results"].as_array().expect("results").clone();
        results.iter().map(|row| row.pointer(name).and_then(Value::as_str).unwrap_or("-").to_owned()).collect()
    };
    let value = format!("/values/{count} :: thing_count");
    let up = column(json!([{"field": format!("indicator|{count}"), "direction": "Asc"}]), &value);
    let numbers: Vec<i64> = up.iter().filter_map(|text| text.parse().ok()).collect();
    assert!(numbers.is_sorted() && numbers.len() > 50 && numbers.iter().any(|number| *number < 10));
    assert!(up[numbers.len()..].iter().all(|text| text == "c" || text == "low"));
    let mut down = column(json!([{"field": format!("indicator|{count}"), "direction": "Desc"}]), &value);
    down.reverse();
    assert_eq!(up, down);
    let size = data.filters()[1].id.clone();
    let name = format!("/filters/{size} :: size");
    let sizes = column(json!([{"field": format!("filter|{size}"), "direction": "Asc"}]), &name);
    let label = |at: usize| sizes[at].split(" :: ").nth(1).expect("a label").to_owned();
    assert_eq!([label(0), label(54), label(108)], ["Total", "5 to 9", "10 to 15"]);
    let places = column(json!([{"field": "location|LA", "direction": "Desc"}]), "/locations/LA");
    assert!(places[0].contains("Manchester") && places[161] == "-");
}

/// What everybody may ask is bounded: the items of lists, and what is told of what is wrong.
#[test]
fn lists_and_errors_have_an_end() {
    let data = three_years();
    let list = |items: usize, item: &str| vec![item; items].join(",");
    let many = format!(r#"{{"criteria": {{"filters": {{"in": [{}]}}}}}}"#, list(MAX_ITEMS + 1, "7"));
    assert_eq!(codes(&refused(&data, &many)), pairs(&[("criteria.filters.in", "TooManyItems")]));
    let lists = MAX_ITEMS_IN_ALL / MAX_ITEMS + 1;
    let full = format!(r#"{{"filters": {{"in": [{}]}}}}"#, list(MAX_ITEMS, "\"absent\""));
    let in_all = format!(r#"{{"criteria": {{"or": [{}]}}}}"#, list(lists, &full));
    assert_eq!(codes(&refused(&data, &in_all))[0].1, "TooManyItemsInAll");
    let sorts = format!(r#"{{"sorts": [{}]}}"#, list(101, r#"{"field": "timePeriod", "direction": "Asc"}"#));
    assert_eq!(codes(&refused(&data, &sorts)), pairs(&[("sorts", "TooManyItems")]));

    let members: Vec<String> = (0..50_000).map(|at| format!("\"n{at}\":0")).collect();
    let unknown = format!("{{{}}}", members.join(","));
    let wrong = format!(r#"{{"criteria": {{"geographicLevels": {{"in": [{}]}}}}}}"#, list(MAX_ITEMS, "\"X\""));
    let place = format!(r#"{{"criteria": {{"locations": {{"eq": {unknown}}}}}}}"#);
    for body in [&unknown, &wrong, &place] {
        let errors = refused(&data, body);
        let told = codes(&errors);
        assert_eq!(told.len(), MAX_ERRORS + 1);
        assert_eq!(told[MAX_ERRORS], ("$".to_owned(), "TooManyErrors".to_owned()));
        assert!(errors.to_string().len() < 200_000, "{} bytes", errors.to_string().len());
    }
    let text = list(MAX_ITEMS + 1, "absent");
    let errors = Query::from_parameters(&[("filters.in".to_owned(), text)]).expect_err("it is refused");
    assert_eq!(codes(&json!(errors)), pairs(&[("filters.in", "TooManyItems")]));
    let twice = json!({"criteria": {"filters": {"in": ["absent", "absent", "gone"]}}});
    let answer = ask(&data, &twice);
    let mut warnings = answer["warnings"].as_array().expect("warnings").iter();
    let lacking = warnings.find(|warning| warning["code"] == "FiltersNotFound").expect("is told");
    assert_eq!(lacking["detail"]["items"], json!(["absent", "gone"]), "each is told once");
}

#[test]
fn an_address_asks_like_a_body() {
    let data = three_years();
    let red = option(&data, "colour", "Red");
    let parameters = |parameters: &[(&str, &str)]| {
        let owned: Vec<(String, String)> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Query::from_parameters(&owned)
    };
    let in_list = format!("{red}, absent");
    let query = parameters(&[
        ("filters.in", &in_list),
        ("locations.in", "LA|oldCode|352,REG|code|E12000001"),
        ("locations.notIn", "LA|code|E06000047"),
        ("timePeriods.gte", "2025|RY"),
        ("geographicLevels.notEq", "NAT"),
        ("sorts", "timePeriod|Asc,location|LA|Desc"),
        ("pageSize", "4"),
    ]);
    let answer = data.query(&query.expect("it reads")).expect("it is answered").to_json();
    let answer: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(codes(&answer["warnings"]), pairs(&[("filters.in", "FiltersNotFound")]));
    let body = json!({"criteria": {
        "filters": {"eq": red},
        "locations": {"in": [{"level": "LA", "oldCode": "352"}, {"level": "REG", "code": "E12000001"}], "notIn": [{"level": "LA", "code": "E06000047"}]},
        "timePeriods": {"gte": {"period": "2025", "code": "RY"}},
        "geographicLevels": {"notEq": "NAT"}},
        "sorts": [{"field": "timePeriod", "direction": "Asc"}, {"field": "location|LA", "direction": "Desc"}], "pageSize": 4});
    let same = ask(&data, &body);
    assert_eq!(answer["results"], same["results"]);
    assert_eq!(answer["paging"], json!({"page": 1, "pageSize": 4, "totalResults": 12, "totalPages": 3}));
    let errors = parameters(&[
        ("locations.eq", "LA;352"),
        ("locations.in", "TOWN|code|1,LA|urn|2"),
        ("timePeriods.in", "2025,2025|XX"),
        ("sorts", "timePeriod"),
        ("indicators", ","),
        ("page", "one"),
        ("page", "two"),
        ("pageSize", "0"),
        ("debug", "1"),
        ("filter.eq", "x"),
    ]);
    assert_eq!(
        codes(&json!(errors.expect_err("it is refused"))),
        pairs(&[
            ("filter.eq", "UnknownField"),
            ("locations.eq", "LocationFormat"),
            ("locations.in[0]", "LocationAllowedLevel"),
            ("locations.in[1]", "LocationAllowedProperty"),
            ("timePeriods.in[0]", "TimePeriodFormat"),
            ("timePeriods.in[1]", "TimePeriodAllowedCode"),
            ("indicators", "NotEmpty"),
            ("sorts[0]", "SortFormat"),
            ("page", "InvalidValue"),
            ("page", "InvalidValue"),
            ("pageSize", "InclusiveBetween"),
            ("debug", "InvalidValue"),
        ])
    );
}
