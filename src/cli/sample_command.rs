//! The arguments of `homeward sample`.

use super::sample::{Authorities, SampleOptions, SampleReturn, Scene, Spoiler, generate, spoilers};
use super::{Trouble, specifications};
use crate::spec::{Collection, Specification};
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Make valid sample returns: seeded, so that two runs agree
#[derive(Debug, Args)]
pub(super) struct SampleArguments {
    /// The folder to write to: one folder of CSV files for each authority
    #[arg(long, value_name = "FOLDER")]
    output: PathBuf,
    /// The collection to answer; the latest without it. All collections of one seed tell one history: a child is in every
    /// return whose years it belongs to, with what had happened by the end of its period
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
    /// Plant a fault in this share of the rows, from 0 to 1; planted-faults.csv beside the returns lists them. With
    /// --previous the faults are such as only a comparison of the two years shows
    #[arg(long, value_name = "SHARE")]
    faults: Option<f64>,
    /// Plant one fault in each return for which it is refused, of one rule after the other
    #[arg(long, conflicts_with_all = ["faults", "previous"])]
    faults_reject: bool,
    /// Write the returns of the year before too, into the folder `previous`
    #[arg(long)]
    previous: bool,
    /// Put something right about this share of the children, from 0 to 1, in a return one to three years after the first:
    /// a child is told of late or no more, or with another ethnic origin, need or circumstance of the family. Each return
    /// is clean by itself; beside the one of the year before it is asked why. Give the same share for every year
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    corrections: f64,
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
    options.corrections = arguments.corrections;
    // Faults between two years are planted when both are made.
    options.faults = arguments.faults.filter(|_| !arguments.previous);
    let (mut returns, mut rows) = (0_u64, 0_u64);
    let mut planted = "authority,code,table,row,field\n".to_owned();
    let mut write = |made: &SampleReturn, folder: &Path| -> Result<(), Trouble> {
        if arguments.zip {
            std::fs::create_dir_all(folder)?;
            std::fs::write(folder.join(format!("{}.zip", made.authority)), made.zip()?)?;
        } else {
            made.write_folder(folder)?;
        }
        (returns, rows) = (returns + 1, rows + made.rows());
        Ok(())
    };
    let mut last = arguments.previous.then(|| LastYear::of(&options, &specification)).transpose()?;
    let refusals: Vec<Spoiler> = spoilers().into_iter().filter(Spoiler::is_refused).collect();
    for (number, made) in generate(&options, &specification)?.enumerate() {
        let mut made = made?;
        if let Some(last) = &mut last {
            let mut before = last.next(&made)?;
            if let Some(rate) = arguments.faults {
                (made, before) = last.plant(&made, &before, rate);
            }
            write(&before, &arguments.output.join("previous"))?;
        }
        if arguments.faults_reject
            && let Some(collection) = specification.collection(&options.collection)
        {
            let mut scene = Scene::new(&made, &specification, collection);
            // Not every return has the rows that a fault needs; then the next rule's is planted.
            let _ = refusals.iter().cycle().skip(number).take(refusals.len()).find(|spoiler| scene.plant(spoiler, 0));
            made = scene.own();
        }
        write(&made, &arguments.output)?;
        for fault in &made.planted {
            let row = fault.row.map_or_else(String::new, |row| row.to_string());
            let line = [&made.authority, fault.code, fault.table, &row, fault.field].join(",");
            planted.push_str(&line);
            planted.push('\n');
        }
    }
    if arguments.faults.is_some() || arguments.faults_reject {
        std::fs::write(arguments.output.join("planted-faults.csv"), planted)?;
    }
    say!("{returns} returns with {rows} rows lie in {}.", arguments.output.display());
    Ok(ExitCode::SUCCESS)
}

/// The returns of the year before, for the same authorities.
struct LastYear<'s> {
    specification: &'s Specification,
    this: &'s Collection,
    before: &'s Collection,
    returns: BTreeMap<String, SampleReturn>,
}

impl<'s> LastYear<'s> {
    fn of(options: &SampleOptions, specification: &'s Specification) -> Result<Self, Trouble> {
        let this = specification.collection(&options.collection);
        let before = this.and_then(|this| specification.collections.iter().find(|known| known.year == this.year - 1));
        let (Some(this), Some(before)) = (this, before) else {
            return Err(Trouble(format!(
                "the specification has no collection of the year before {}",
                options.collection
            )));
        };
        let options = SampleOptions { collection: before.id.clone(), faults: None, ..options.clone() };
        let mut returns = BTreeMap::new();
        for made in generate(&options, specification)? {
            let made = made?;
            returns.insert(made.authority.clone(), made);
        }
        Ok(Self { specification, this, before, returns })
    }

    fn next(&mut self, made: &SampleReturn) -> Result<SampleReturn, Trouble> {
        let none = || Trouble(format!("authority {} was not live in the year before", made.authority));
        self.returns.remove(&made.authority).ok_or_else(none)
    }

    /// Plants faults between the two years, rule after rule, and gives both returns.
    fn plant(&self, made: &SampleReturn, before: &SampleReturn, rate: f64) -> (SampleReturn, SampleReturn) {
        let mut scene = Scene::new(made, self.specification, self.this);
        scene = scene.with_previous(before, self.specification, self.before);
        let ways: Vec<Spoiler> = spoilers().into_iter().filter(Spoiler::is_across_years_by_record).collect();
        let wanted = (made.rows() as f64 * rate).round() as usize;
        let (mut planted, mut refused) = (0, 0);
        for (number, spoiler) in ways.iter().cycle().enumerate() {
            // A round without a place for any of them ends it.
            if planted == wanted || refused == ways.len() {
                break;
            }
            let found = scene.plant(spoiler, number * 7);
            (planted, refused) = if found { (planted + 1, 0) } else { (planted, refused + 1) };
        }
        let previous = scene.previous().unwrap_or_else(|| before.clone());
        (scene.own(), previous)
    }
}
