//! Data sets made of small files, and what they answer.

mod loading;
mod naive;
mod queries;

use super::{DataSet, PublishedTable, Query, data_set_id};
use serde_json::{Value, json};

pub(super) const META: &str = "\
col_name,col_type,label,indicator_grouping,indicator_unit,indicator_dp,filter_hint,filter_grouping_column,filter_default
colour,Filter,Colour,,,,Of the thing,,
size,Filter,Size,,,,,,
thing_count,Indicator,Number of things,,,0,,,
thing_percent,Indicator,Share of things,,%,1,,,
";

pub(super) const JSON: &str = r#"{"label": "Things", "definition": "how many things there are", "rows": []}"#;

const PLACES: [(&str, &str); 6] = [
    ("National", "E92000001,England,,,,,"),
    ("Regional", "E92000001,England,E12000001,North East,,,"),
    ("Regional", "E92000001,England,E12000002,North West,,,"),
    ("Local authority", "E92000001,England,E12000001,North East,840,E06000047,County Durham"),
    ("Local authority", "E92000001,England,E12000002,North West,341,E08000012,Liverpool"),
    ("Local authority", "E92000001,England,E12000002,North West,352,E08000003,Manchester"),
];

/// A file of one year, with every combination of place, colour and size.
pub(super) fn year(year: i32) -> String {
    let mut text = "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,\
                    old_la_code,new_la_code,la_name,colour,size,thing_count,thing_percent\n"
        .to_owned();
    let mut number = year % 7;
    for (level, place) in PLACES {
        for colour in ["Total", "Red", "Blue"] {
            for size in ["Total", "5 to 9", "10 to 15"] {
                number = (number * 31 + 17) % 101;
                let (count, percent) = match number % 5 {
                    0 => ("c".to_owned(), "c".to_owned()),
                    1 => ("low".to_owned(), "z".to_owned()),
                    _ => (number.to_string(), format!("{}.{}", number % 13, number % 10)),
                };
                text.push_str(&format!("{year},Reporting year,{level},{place},{colour},{size},{count},{percent}\n"));
            }
        }
    }
    text
}

pub(super) fn load(files: &[&str]) -> DataSet {
    let tables: Vec<PublishedTable<'_>> = files
        .iter()
        .map(|csv| PublishedTable { name: "things", csv: csv.as_bytes(), meta: META.as_bytes(), json: JSON.as_bytes() })
        .collect();
    DataSet::load(data_set_id("family", "things"), &tables).expect("the files load")
}

pub(super) fn three_years() -> DataSet {
    load(&[&year(2024), &year(2025), &year(2026)])
}

/// The identifier of an option.
pub(super) fn option(data: &DataSet, column: &str, label: &str) -> String {
    let filter = data.filters().iter().find(|filter| &*filter.column == column).expect("a filter");
    filter.options.iter().find(|option| &*option.label == label).expect("an option").id.to_string()
}

pub(super) fn indicator(data: &DataSet, column: &str) -> String {
    data.indicators().iter().find(|one| &*one.column == column).expect("a column").id.to_string()
}

/// What a body is answered with, as JSON.
pub(super) fn ask(data: &DataSet, body: &Value) -> Value {
    let query = Query::from_json(body.to_string().as_bytes()).expect("the query reads");
    serde_json::from_str(&data.query(&query).expect("it is answered").to_json()).expect("JSON")
}

/// The errors that a body is refused with, as JSON.
pub(super) fn refused(data: &DataSet, body: &str) -> Value {
    let errors = match Query::from_json(body.as_bytes()) {
        Ok(query) => data.query(&query).err().unwrap_or_default(),
        Err(errors) => errors,
    };
    json!(errors)
}
