//! The register of local authorities. A GSS code can change while the three-digit code stays,
//! so the three-digit code is the key and each line of the register has its dates.

use super::period::Period;
use chrono::NaiveDate;

/// One authority under one GSS code. Source: the geography files of DfE's public data-screening app (MIT; OGL data).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// The three-digit DfE code: stable.
    pub code: String,
    /// The nine-character GSS code.
    pub gss: String,
    pub name: String,
    pub region_gss: String,
    pub region: String,
    pub live_from: NaiveDate,
    /// The last day on which the line was live; none while it is.
    pub live_to: Option<NaiveDate>,
}

impl Authority {
    pub fn live_on(&self, day: NaiveDate) -> bool {
        self.live_from <= day && self.live_to.is_none_or(|end| day <= end)
    }

    /// Whether the authority is live on any day of the period.
    pub fn live_in(&self, period: Period) -> bool {
        self.live_from <= period.end && self.live_to.is_none_or(|end| period.start <= end)
    }
}

/// Every authority that is or was, in the order of the register's file.
#[derive(Debug, Clone, Default)]
pub struct Register(pub Vec<Authority>);

impl Register {
    /// Every line, of authorities live and ended.
    pub fn lines(&self) -> impl Iterator<Item = &Authority> {
        self.0.iter()
    }

    /// The lines of an authority by either of its codes, without regard to case.
    pub fn by_any_code<'a>(&'a self, code: &'a str) -> impl Iterator<Item = &'a Authority> + 'a {
        self.0.iter().filter(move |line| line.code.eq_ignore_ascii_case(code) || line.gss.eq_ignore_ascii_case(code))
    }

    /// The line of an authority, by either code, that is live in the period: the latest when its GSS code changed within it.
    pub fn live_in(&self, code: &str, period: Period) -> Option<&Authority> {
        let three_digit = self.by_any_code(code).find(|line| line.live_in(period))?.code.clone();
        self.0.iter().rev().find(|line| line.code == three_digit && line.live_in(period))
    }

    /// The authorities live on a day, one line each.
    pub fn live_on(&self, day: NaiveDate) -> impl Iterator<Item = &Authority> {
        self.0.iter().filter(move |line| line.live_on(day))
    }
}
