//! The arguments of `homeward sample`.

use super::sample::{Authorities, SampleOptions, generate};
use super::{Trouble, specifications};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Make valid sample returns: seeded, so that two runs agree
#[derive(Debug, Args)]
pub(super) struct SampleArguments {
    /// The folder to write to: one folder of CSV files for each authority
    #[arg(long, value_name = "FOLDER")]
    output: PathBuf,
    /// The collection to answer; the latest without it
    #[arg(long, value_name = "NAME")]
    collection: Option<String>,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Codes of the authorities to make returns for, separated by commas; all of them without it
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    authorities: Vec<String>,
    /// The size of the nation: 1 is about 8,000 returns home a year
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// About so many rows for each authority, instead of the sizes that the seed gives them
    #[arg(long, value_name = "ROWS", conflicts_with = "scale", requires = "authorities")]
    rows: Option<u64>,
    /// Plant a fault in this share of the rows, from 0 to 1; planted-faults.csv beside the returns lists them
    #[arg(long, value_name = "SHARE")]
    faults: Option<f64>,
    /// Write one ZIP for each authority instead of a folder
    #[arg(long)]
    zip: bool,
}

pub(super) fn run(arguments: &SampleArguments, specs: Option<&Path>) -> Result<ExitCode, Trouble> {
    let specification = specifications::load(specs)?;
    let collection = match &arguments.collection {
        Some(name) => name.clone(),
        None => {
            let none = || Trouble("the specification has no collection".to_owned());
            specification.latest().ok_or_else(none)?.id.clone()
        }
    };
    let mut options = match arguments.rows {
        Some(rows) => {
            let any = arguments.authorities.first().cloned().unwrap_or_default();
            SampleOptions::of_rows(collection, arguments.seed, any, rows)
        }
        None => SampleOptions { scale: arguments.scale, ..SampleOptions::new(collection, arguments.seed) },
    };
    if !arguments.authorities.is_empty() {
        options.authorities = Authorities::Some(arguments.authorities.clone());
    }
    options.faults = arguments.faults;
    let (mut returns, mut rows) = (0_u64, 0_u64);
    let mut planted = "authority,code,table,row,field\n".to_owned();
    for made in generate(&options, &specification)? {
        let made = made?;
        if arguments.zip {
            std::fs::create_dir_all(&arguments.output)?;
            std::fs::write(arguments.output.join(format!("{}.zip", made.authority)), made.zip()?)?;
        } else {
            made.write_folder(&arguments.output)?;
        }
        for fault in &made.planted {
            let row = fault.row.map_or_else(String::new, |row| row.to_string());
            let line = [&made.authority, fault.code, fault.table, &row, fault.field].join(",");
            planted.push_str(&line);
            planted.push('\n');
        }
        returns += 1;
        rows += made.rows();
    }
    if arguments.faults.is_some() {
        std::fs::write(arguments.output.join("planted-faults.csv"), planted)?;
    }
    say!("{returns} returns with {rows} rows lie in {}.", arguments.output.display());
    Ok(ExitCode::SUCCESS)
}
