//! Reads the register of authorities with the dates between which each code is live.

use super::error::SpecificationError;
use super::files::SpecificationFiles;
use crate::domain::authority::{Authority, Register};
use serde::Deserialize;

const FILE: &str = "geography/local_authorities.csv";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    la_code: String,
    gss_code: String,
    name: String,
    region_code: String,
    region_name: String,
    live_from: chrono::NaiveDate,
    live_to: Option<chrono::NaiveDate>,
}

pub(super) fn parse(files: &SpecificationFiles) -> Result<Register, SpecificationError> {
    let mut reader = csv::Reader::from_reader(files.require(FILE)?.as_bytes());
    let lines = reader.deserialize::<Line>().enumerate().map(|(index, line)| {
        let line = line.map_err(|error| SpecificationError::wrong(FILE, index + 2, error.to_string()))?;
        Ok(Authority {
            code: line.la_code,
            gss: line.gss_code,
            name: line.name,
            region_gss: line.region_code,
            region: line.region_name,
            live_from: line.live_from,
            live_to: line.live_to,
        })
    });
    lines.collect::<Result<_, _>>().map(Register)
}
