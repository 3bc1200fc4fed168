//! The requests of DfE's R client `eesyapi`, letter by letter as its functions write them, and the members that it reads.

use super::Published;
use serde_json::Value;

/// What `parse_tojson_params` writes of a time period, two geographies and a list of two vectors of options.
const BODY: &str = r#"{
"criteria": {
  "and": [
    {
      "timePeriods": {
        "in": [
          {
            "period": "2026",
            "code": "RY"
          }
        ]
      }
    },
    {
      "or": [
        {
          "and": [
        {
          "geographicLevels": {
            "eq": "NAT"
          }
        }
  ]
  },
        {
          "and": [
        {
          "geographicLevels": {
            "eq": "LA"
          }
        },
    {
      "locations": {
        "in": [
          {
            "level": "LA",
            "code": "E08000025"
          }
        ]
      }
    }
  ]
  }
    ]
  },
{
"and": [
    {
      "filters": {
        "in": [
          "OPTION1",
          "OPTION2"
        ]
      }
    },
    {
      "filters": {
        "in": [
          "OPTION2"
        ]
      }
    }
]
}
  ]
},
"indicators": [
  "INDICATOR1",
  "INDICATOR2"
],
"debug": false,
"page": 1,
"pageSize": 10000
}"#;

#[tokio::test]
async fn the_r_client_is_answered_what_it_reads() {
    let service = Published::new().await;
    let path = service.data_set().await.replacen("/v1/", "/v1.0/", 1);
    let publications = service.get("/v1.0/publications?page=1&pageSize=40").await.json();
    let publication = publications["results"][0]["id"].as_str().expect("an identifier").to_owned();
    let catalogue = service.get(&format!("/v1.0/publications/{publication}/data-sets?")).await.json();
    for paged in [&publications, &catalogue] {
        assert!(paged["paging"]["totalPages"].is_u64() && paged["paging"]["page"].is_u64(), "{paged}");
    }
    // A version is a number there, so that 1.0 is written 1.
    let meta = service.get(&format!("{path}/meta?dataSetVersion=1")).await.json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let option = |at: usize| text(&meta["filters"][0]["options"][at]["id"]);
    let indicator = |at: usize| text(&meta["indicators"][at]["id"]);
    let body = BODY
        .replace("OPTION1", &option(0))
        .replace("OPTION2", &option(1))
        .replace("INDICATOR1", &indicator(0))
        .replace("INDICATOR2", &indicator(1));
    let answer = service.post(&format!("{path}/query"), &body).await.json();
    let levels: Vec<&str> = answer["results"]
        .as_array()
        .expect("results")
        .iter()
        .filter_map(|row| row["geographicLevel"].as_str())
        .collect();
    assert_eq!(levels, ["NAT"], "of the authority there is no row at that option: {answer}");
    let row = &answer["results"][0];
    assert_eq!((text(&row["timePeriod"]["code"]), text(&row["timePeriod"]["period"])), ("RY".into(), "2026".into()));
    assert_eq!(row["locations"]["NAT"], meta["locations"][0]["options"][0]["id"]);
    assert_eq!(row["filters"][text(&meta["filters"][0]["id"])], option(1));
    assert!(row["values"][indicator(0)].is_string() && row["values"][indicator(1)].is_string());

    let asked = format!(
        "{path}/query?timePeriods.in=2026%7CRY&geographicLevels.in=NAT%2CLA&locations.in=NAT%7Ccode%7CE92000001\
         &filters.in={}%2C{}&indicators={}%2C%20{}&page=1&pageSize=50",
        option(0),
        option(1),
        indicator(0),
        indicator(1)
    );
    let asked = service.get(&asked).await.json();
    assert!(asked["paging"]["totalResults"].as_u64().is_some_and(|total| total >= 2), "{asked}");
    assert_eq!(asked["results"][0]["values"].as_object().map(serde_json::Map::len), Some(2));

    let refused = service.post(&format!("{path}/query"), r#"{"criteria": {"x": 1}, "pageSize": 0}"#).await.json();
    let errors = refused["errors"].as_array().expect("errors");
    assert!(
        errors.len() == 2 && errors.iter().all(|error| error["detail"].is_object() && error["message"].is_string())
    );
}

/// DfE's own service answers an empty list and empty objects (`DataSetService`, `FilterMetas`), on which its client fails; its
/// guidance and its screener want no filter where there would be one item, so that such data sets stay as they are.
#[tokio::test]
async fn a_data_set_without_a_filter_is_answered_as_by_the_department() {
    let service = Published::new().await;
    let mut without = Vec::new();
    for path in service.data_sets().await {
        if service.get(&path).await.json()["latestVersion"]["filters"] == serde_json::json!([]) {
            without.push(path);
        }
    }
    assert!(!without.is_empty(), "coverage has no filter");
    for path in without {
        let meta = service.get(&format!("{path}/meta")).await.json();
        assert_eq!(meta["filters"], serde_json::json!([]));
        let answer = service.post(&format!("{path}/query"), "{}").await.json();
        let rows = answer["results"].as_array().expect("results");
        assert!(!rows.is_empty() && rows.iter().all(|row| row["filters"] == serde_json::json!({})), "{answer}");
        // `preview_dataset(id, n_max = Inf)` reads this.
        let whole = service.get(&format!("{path}/csv")).await.text();
        assert_eq!(whole.lines().count(), rows.len() + 1);
        assert!(whole.starts_with("time_period,time_identifier,geographic_level,country_code,country_name,"));
    }
}
