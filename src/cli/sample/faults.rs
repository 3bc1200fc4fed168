//! Plants faults in a sample return and says which, so that tests and trainings know what a check must find.
//!
//! Each fault changes one cell, in a way that one rule finds and no other does.

use super::SampleReturn;
use super::chance::{Chance, Stream, Subject};
use crate::cli::rows::CsvTable;

/// A fault that was planted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlantedFault {
    /// The rule that must find it.
    pub code: &'static str,
    pub table: &'static str,
    /// The row as a spreadsheet shows it: headings are row 1.
    pub row: u64,
    pub field: &'static str,
}

/// One way to spoil a cell.
struct Spoiler {
    code: &'static str,
    table: &'static str,
    field: &'static str,
    /// The cell's new text, or none where the row is not one in which this rule alone would find it.
    spoil: fn(&Row<'_>) -> Option<String>,
}

/// A row by the names of its fields.
struct Row<'r> {
    headings: &'r csv::StringRecord,
    cells: &'r [String],
}

impl Row<'_> {
    fn get(&self, field: &str) -> &str {
        let place = self.headings.iter().position(|heading| heading == field);
        place.and_then(|place| self.cells.get(place)).map_or("", String::as_str)
    }

    fn is(&self, field: &str, value: &str) -> bool {
        self.get(field) == value
    }

    fn has(&self, field: &str) -> bool {
        !self.get(field).is_empty()
    }

    fn number(&self, field: &str) -> Option<f64> {
        self.get(field).parse().ok()
    }
}

fn when(applies: bool, text: &str) -> Option<String> {
    applies.then(|| text.to_owned())
}

const SPOILERS: &[Spoiler] = &[
    Spoiler { code: "V01", table: "children", field: "ETHNIC", spoil: |_| Some(String::new()) },
    Spoiler { code: "C103", table: "children", field: "UASC", spoil: |_| when(true, "1") },
    Spoiler {
        code: "V05",
        table: "children",
        field: "DISABILITY",
        spoil: |row| when(!row.is("DISABILITY", "NONE"), "LD;LD"),
    },
    Spoiler { code: "V06", table: "children", field: "DISABILITY", spoil: |_| when(true, "NONE;MOB") },
    Spoiler {
        code: "J212",
        table: "episodes",
        field: "REASON_PLACE_CHANGE",
        spoil: |row| when(row.has("REC") && !row.is("REC", "X1"), "CARPL"),
    },
    Spoiler { code: "J213", table: "episodes", field: "LS", spoil: |row| when(row.has("REASON_PLACE_CHANGE"), "V4") },
    Spoiler {
        code: "V02",
        table: "episodes",
        field: "CIN",
        spoil: |row| when(!row.is("REC", "X1") && row.is("RNE", "S"), "N9"),
    },
    Spoiler {
        code: "R304",
        table: "reunifications",
        field: "HOME_WITH",
        spoil: |row| when(!row.is("RETURN_TYPE", "E13"), "G"),
    },
    Spoiler {
        code: "R305",
        table: "reunifications",
        field: "HOME_WITH",
        spoil: |row| when(row.is("RETURN_TYPE", "E13"), "M"),
    },
    Spoiler { code: "R311", table: "reunifications", field: "RISK", spoil: |row| when(row.is("RISK", "NA"), "LOW") },
    Spoiler {
        code: "R312",
        table: "reunifications",
        field: "RISK",
        spoil: |row| when(row.is("PLANNED", "P") && !row.is("RISK", "NA"), "SEVERE"),
    },
    Spoiler {
        code: "R319",
        table: "reunifications",
        field: "SIBLINGS_RETURNED",
        spoil: |row| when(row.has("SIBLINGS_RETURNED"), "20"),
    },
    Spoiler { code: "V03", table: "reunifications", field: "FAM_ABUSE", spoil: |_| when(true, "yes") },
    Spoiler {
        code: "S402",
        table: "support",
        field: "ENDED_BECAUSE",
        spoil: |row| row.has("END_DATE").then(String::new),
    },
    Spoiler {
        code: "S418",
        table: "support",
        field: "COST",
        spoil: |row| {
            when(!row.is("SUPPORT", "FIN") && row.number("HOURS").is_some_and(|hours| hours < 1_500.0), "900000")
        },
    },
    Spoiler { code: "V02", table: "support", field: "DELIVERY", spoil: |_| when(true, "X") },
    Spoiler { code: "B505", table: "breakdowns", field: "WEEKLY_COST", spoil: |_| when(true, "55") },
    Spoiler { code: "V04", table: "breakdowns", field: "WEEKLY_COST", spoil: |_| when(true, "60000") },
    Spoiler { code: "V06", table: "breakdowns", field: "REASONS", spoil: |_| when(true, "DK;ISOL") },
    Spoiler {
        code: "O602",
        table: "outcomes",
        field: "VALUE",
        spoil: |row| when(row.is("MEASURE", "HEALTH") && row.has("VALUE"), "2"),
    },
    Spoiler {
        code: "O603",
        table: "outcomes",
        field: "VALUE",
        spoil: |row| when(row.is("MEASURE", "HEALTH") && row.has("VALUE"), "0.5"),
    },
    Spoiler { code: "O604", table: "outcomes", field: "OBSERVED", spoil: |row| row.has("OBSERVED").then(String::new) },
    Spoiler {
        code: "T701",
        table: "totals",
        field: "COUNT",
        spoil: |row| {
            row.number("COUNT").filter(|_| row.is("MEASURE", "CEASED_OTHER")).map(|count| (count + 1.0).to_string())
        },
    },
    Spoiler {
        code: "A01",
        table: "practice",
        field: "ANSWER",
        spoil: |row| when(row.is("QUESTION", "POLICY"), "NSPCC"),
    },
];

/// Spoils about this share of the rows, each by one fault.
pub(super) fn plant(made: &mut SampleReturn, rate: f64, seed: u64) -> Vec<PlantedFault> {
    let number = made.authority.parse().unwrap_or(0);
    let mut chance = Chance::new(seed, Stream { subject: Subject::Fault, authority: number, year: 0, number: 0 });
    let mut planted = Vec::new();
    for table in &mut made.tables {
        let spoilers: Vec<&Spoiler> = SPOILERS.iter().filter(|spoiler| spoiler.table == table.name).collect();
        if !spoilers.is_empty() {
            plant_in(table, &spoilers, rate, &mut chance, &mut planted);
        }
    }
    planted.sort();
    planted
}

fn plant_in(
    table: &mut CsvTable,
    spoilers: &[&Spoiler],
    rate: f64,
    chance: &mut Chance,
    planted: &mut Vec<PlantedFault>,
) {
    let mut reader = csv::Reader::from_reader(table.bytes.as_slice());
    let Ok(headings) = reader.headers().cloned() else { return };
    let mut writer = csv::Writer::from_writer(Vec::with_capacity(table.bytes.len()));
    // The sample wrote these bytes and writing to memory cannot fail, so neither the rows nor the copy can be lost.
    let mut copied = writer.write_record(&headings).is_ok();
    for (index, record) in reader.records().flatten().enumerate() {
        let mut cells: Vec<String> = record.iter().map(str::to_owned).collect();
        if chance.yes(rate) {
            let row = Row { headings: &headings, cells: &cells };
            let open: Vec<(&Spoiler, String)> =
                spoilers.iter().filter_map(|spoiler| Some((*spoiler, (spoiler.spoil)(&row)?))).collect();
            let choice = usize::try_from(chance.between(0, open.len() as i64 - 1)).unwrap_or(0);
            if let Some((spoiler, text)) = open.into_iter().nth(choice)
                && let Some(place) = headings.iter().position(|heading| heading == spoiler.field)
            {
                cells[place] = text;
                let Spoiler { code, table, field, .. } = *spoiler;
                planted.push(PlantedFault { code, table, row: index as u64 + 2, field });
            }
        }
        copied &= writer.write_record(&cells).is_ok();
    }
    if let (true, Ok(bytes)) = (copied, writer.into_inner()) {
        table.bytes = bytes;
    }
}
