//! Time periods of the data standard: their identifiers, how a file writes them and how a query does.

use std::sync::LazyLock;

/// What kind of time a period is, by the standard's label and the API's code.
#[derive(Debug, PartialEq, Eq)]
pub struct Identifier {
    pub label: String,
    pub code: String,
    /// Whether a period runs over two calendar years, as `2022/2023`.
    pub two_years: bool,
    /// What follows the year in a period's label.
    suffix: Option<String>,
}

/// (label, code, over two years, what follows the year in a label).
const NAMED: [(&str, &str, bool, Option<&str>); 27] = [
    ("Autumn term", "T1", true, Some("Autumn term")),
    ("Autumn and spring term", "T1T2", true, Some("Autumn and spring term")),
    ("Spring term", "T2", true, Some("Spring term")),
    ("Summer term", "T3", true, Some("Summer term")),
    ("Academic year", "AY", true, None),
    ("Academic year Q1", "AYQ1", true, Some("Q1")),
    ("Academic year Q2", "AYQ2", true, Some("Q2")),
    ("Academic year Q3", "AYQ3", true, Some("Q3")),
    ("Academic year Q4", "AYQ4", true, Some("Q4")),
    ("Calendar year", "CY", false, None),
    ("Calendar year Q1", "CYQ1", false, Some("Q1")),
    ("Calendar year Q2", "CYQ2", false, Some("Q2")),
    ("Calendar year Q3", "CYQ3", false, Some("Q3")),
    ("Calendar year Q4", "CYQ4", false, Some("Q4")),
    ("Part 1 (April to September)", "P1", true, Some("Part 1 (Apr to Sep)")),
    ("Part 2 (October to March)", "P2", true, Some("Part 2 (Oct to Mar)")),
    ("Financial year", "FY", true, None),
    ("Financial year Q1", "FYQ1", true, Some("Q1")),
    ("Financial year Q2", "FYQ2", true, Some("Q2")),
    ("Financial year Q3", "FYQ3", true, Some("Q3")),
    ("Financial year Q4", "FYQ4", true, Some("Q4")),
    ("Tax year", "TY", true, None),
    ("Tax year Q1", "TYQ1", true, Some("Q1")),
    ("Tax year Q2", "TYQ2", true, Some("Q2")),
    ("Tax year Q3", "TYQ3", true, Some("Q3")),
    ("Tax year Q4", "TYQ4", true, Some("Q4")),
    ("Reporting year", "RY", false, None),
];

/// The months as the standard writes them.
pub(in crate::publish) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

static IDENTIFIERS: LazyLock<Vec<Identifier>> = LazyLock::new(|| {
    let mut all: Vec<Identifier> = NAMED
        .iter()
        .map(|(label, code, two_years, suffix)| Identifier {
            label: (*label).to_owned(),
            code: (*code).to_owned(),
            two_years: *two_years,
            suffix: suffix.map(str::to_owned),
        })
        .collect();
    let single =
        |label: String, code: String| Identifier { suffix: Some(label.clone()), label, code, two_years: false };
    all.extend((1..=52).map(|week| single(format!("Week {week}"), format!("W{week}"))));
    all.extend(MONTHS.iter().zip(1..).map(|(name, month)| single((*name).to_owned(), format!("M{month}"))));
    all
});

/// Every identifier there is; within a group, in the order of time.
pub fn identifiers() -> &'static [Identifier] {
    &IDENTIFIERS
}

impl Identifier {
    pub fn of_code(code: &str) -> Option<&'static Self> {
        identifiers().iter().find(|one| one.code == code)
    }

    pub(super) fn of_label(label: &str) -> Option<&'static Self> {
        identifiers().iter().find(|one| one.label == label)
    }
}

/// A time period. Earlier ones are less than later ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimePeriod {
    year: i32,
    /// The number of its identifier.
    identifier: usize,
}

impl TimePeriod {
    fn new(year: i32, identifier: &'static Identifier) -> Option<Self> {
        let identifier = identifiers().iter().position(|one| std::ptr::eq(one, identifier))?;
        Some(Self { year, identifier })
    }

    /// From the columns `time_period` (four digits, or six where it runs over two years) and `time_identifier`.
    pub fn of_file(period: &str, label: &str) -> Option<Self> {
        let identifier = Identifier::of_label(label)?;
        let year: i32 = digits(period.get(..4)?)?;
        let follows = match period.get(4..)? {
            "" => !identifier.two_years,
            next => identifier.two_years && next.len() == 2 && digits(next)? == (year + 1) % 100,
        };
        if follows { Self::new(year, identifier) } else { None }
    }

    /// From a query's period and identifier: `2023`, or `2022/2023` where the identifier runs over two years.
    pub(super) fn of_query(period: &str, identifier: &'static Identifier) -> Option<Self> {
        let year = match period.split_once('/') {
            None => digits(period)?,
            Some((first, next)) => {
                let year = digits(first)?;
                (identifier.two_years && digits(next)? == year + 1).then_some(year)?
            }
        };
        Self::new(year, identifier)
    }

    pub fn identifier(&self) -> &'static Identifier {
        &identifiers()[self.identifier]
    }

    /// As a query and an answer write it: `2023` or `2022/2023`.
    pub fn period(&self) -> String {
        if self.identifier().two_years { format!("{}/{}", self.year, self.year + 1) } else { self.year.to_string() }
    }

    /// As the column `time_period` of a file has it: `2023` or `202223`.
    pub(super) fn in_file(&self) -> String {
        if self.identifier().two_years {
            format!("{}{:02}", self.year, (self.year + 1) % 100)
        } else {
            self.year.to_string()
        }
    }

    /// As people read it: `2023`, `2022/23`, `2022/23 Autumn term`.
    pub fn label(&self) -> String {
        let identifier = self.identifier();
        let mut label = self.year.to_string();
        if identifier.two_years {
            label.push_str(&format!("/{:02}", (self.year + 1) % 100));
        }
        if let Some(suffix) = &identifier.suffix {
            label.push(' ');
            label.push_str(suffix);
        }
        label
    }
}

/// A number of one to four digits and nothing else.
fn digits(text: &str) -> Option<i32> {
    let is_year = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_year.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_as_files_and_queries_write_them() {
        let shown =
            |period: &TimePeriod| format!("{} {} {}", period.period(), period.identifier().code, period.label());
        let file = |period, label| TimePeriod::of_file(period, label).map(|period| shown(&period));
        assert_eq!(file("2026", "Reporting year").as_deref(), Some("2026 RY 2026"));
        assert_eq!(file("202223", "Autumn term").as_deref(), Some("2022/2023 T1 2022/23 Autumn term"));
        assert_eq!(file("199900", "Financial year").as_deref(), Some("1999/2000 FY 1999/00"));
        for (period, label) in [
            ("2022", "Academic year"),
            ("202224", "Academic year"),
            ("202223", "Reporting year"),
            ("20x2", "Reporting year"),
            ("2022", "Year"),
            ("", "Reporting year"),
            ("２022", "Reporting year"),
        ] {
            assert_eq!(file(period, label), None, "{period} {label}");
        }
        let query =
            |period, code| TimePeriod::of_query(period, Identifier::of_code(code)?).map(|period| shown(&period));
        assert_eq!(query("2022", "AY"), query("2022/2023", "AY"));
        assert_eq!(query("2026", "RY").as_deref(), Some("2026 RY 2026"));
        for (period, code) in
            [("2022/2024", "AY"), ("2022/2023", "RY"), ("+2022", "RY"), ("2022 ", "RY"), ("20222", "RY")]
        {
            assert_eq!(query(period, code), None, "{period} {code}");
        }
    }

    #[test]
    fn earlier_periods_come_first() {
        let of = |period, label| TimePeriod::of_file(period, label).expect("a period");
        assert!(of("2025", "Reporting year") < of("2026", "Reporting year"));
        assert!(of("2026", "February") < of("2026", "October"));
        assert!(of("202223", "Autumn term") < of("202223", "Summer term"));
    }
}
