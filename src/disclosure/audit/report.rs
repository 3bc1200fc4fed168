//! What the audit found, for people and for programs. It names cells and places, never a hidden figure.

use super::super::earlier::{JoinedRelease, JoinedYear, OtherYear};
use super::super::error::DisclosureError;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The kind of number whose count everybody can see.
pub(super) const HIDDEN: &str = "hidden counts of authorities";

/// How a number that must stay uncertain was shown to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Settled {
    /// How many there are.
    pub numbers: usize,
    /// Another table was given and adds up.
    pub by_other_table: usize,
    /// Another table was found by linear programming and adds up.
    pub by_linear_programme: usize,
    /// Everything published leaves one value.
    pub exact: usize,
    /// Everything published leaves values nearer to the truth than the policy's width.
    pub within_width: usize,
    /// Neither another table nor a bound was found; it counts as a failure.
    pub unsettled: usize,
}

/// The authorities' counts of one table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct TableCounts {
    pub shown: usize,
    pub hidden: usize,
    /// Regions' and England's counts that are hidden.
    pub hidden_figures: usize,
}

/// The audit of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    pub passed: bool,
    /// Another table must put each number at least this far from the truth.
    pub width: i64,
    /// Numbers that are printed somewhere, for an authority or a region.
    pub numbers: usize,
    pub uncertain_numbers: usize,
    /// The relations that the attacker has, by kind.
    pub relations: BTreeMap<String, usize>,
    /// Bounds and sums in all.
    pub facts: usize,
    /// The earlier releases of the year that were attacked together with this one, oldest first.
    pub earlier: Vec<JoinedRelease>,
    /// The other years whose figures stand in the same files, the latest first.
    pub other_years: Vec<OtherYear>,
    /// The other years whose numbers were attacked together with this year's, the latest first.
    pub years: Vec<JoinedYear>,
    /// By kind of number.
    pub settled: BTreeMap<String, Settled>,
    /// How far the farthest of the other tables puts a number, and how many numbers that is true of.
    pub distances: BTreeMap<i64, usize>,
    pub tables: BTreeMap<String, TableCounts>,
    /// Figures that are no counts and were held to the policy one by one, by kind.
    pub policy_checks: BTreeMap<String, usize>,
    /// Cells whose small number is printed, that contradict the truth, or that are not safe: (what, cell, place).
    pub failures: Vec<(String, String, String)>,
    pub printed_small: usize,
    pub contradictions: usize,
    /// Authorities whose children are counted in another's row: (authority, the other).
    pub merged: Vec<(String, String)>,
    /// Means of groups of fewer units than have one that follow from other means.
    pub mean_leaks: usize,
    /// Tables that are published without rows of authorities, and why.
    pub withdrawn: Vec<(String, String)>,
    /// The names of the numbers that are not safe: what could be taken out for them.
    #[serde(skip)]
    pub(in crate::disclosure) unsafe_numbers: BTreeSet<String>,
    pub limits: Vec<String>,
    /// Whether what only whoever keeps the release may know is left out.
    pub is_for_readers: bool,
}

impl AuditReport {
    fn total(&self, pick: impl Fn(&Settled) -> usize) -> usize {
        self.settled.values().map(pick).sum()
    }

    /// Whether the release failed by nothing but numbers that are not uncertain enough: fewer rows may save it.
    pub(in crate::disclosure) fn can_withdraw(&self) -> bool {
        let broken = self.printed_small + self.contradictions + self.mean_leaks;
        broken == 0 && !self.unsafe_numbers.is_empty()
    }

    /// Why the release may not be published; none when it may.
    pub fn failure(&self) -> Option<DisclosureError> {
        let (exact, within) =
            (self.total(|settled| settled.exact), self.total(|settled| settled.within_width) + self.mean_leaks);
        let unsettled = self.total(|settled| settled.unsettled);
        let (printed, contradictions) = (self.printed_small, self.contradictions);
        match self.earlier.len() {
            _ if self.passed => None,
            0 => {
                let first = self.failures.first().map(|(what, cell, place)| format!("{what}: {cell}, in {place}"));
                let first = first.unwrap_or_default();
                Some(DisclosureError::AuditFailed { exact, within, unsettled, printed, contradictions, first })
            }
            releases => Some(DisclosureError::RevisionFailed {
                releases,
                sent_again: self.earlier.last().map_or(0, |last| last.sent_again),
                exact,
                within,
                unsettled,
                printed,
                contradictions,
            }),
        }
    }

    /// The report as anybody may read it. How many numbers are small, how many groups have an outcome to the last child and
    /// how far each number can be moved are facts about what is hidden: with a 0 or a 1 among them they can tell of a cell.
    #[must_use]
    pub fn for_readers(&self) -> Self {
        let is_printed = |kind: &String| kind == HIDDEN;
        let settled = self.settled.iter().filter(|(kind, _)| is_printed(kind));
        let settled = settled.map(|(kind, settled)| {
            let told = Settled { by_other_table: 0, by_linear_programme: 0, ..*settled };
            (kind.clone(), told)
        });
        Self { settled: settled.collect(), distances: BTreeMap::new(), is_for_readers: true, ..self.clone() }
    }

    /// The report as JSON.
    pub fn to_json(&self) -> String {
        // Unwrap safety: the report holds texts and numbers only, which always serialise.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

impl AuditReport {
    /// What came of it, without how many there were of what nobody may know the number of.
    fn write_outcome(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = self.settled.get(HIDDEN).map_or(0, |settled| settled.numbers);
        let (exact, within) = (self.total(|settled| settled.exact), self.total(|settled| settled.within_width));
        writeln!(
            out,
            "{hidden} hidden counts of authorities were held to it, and every small number that follows by subtraction or is \
             shown rounded. Worked out exactly: {exact}. To within the width: {within}. Unsettled: {}. How many small numbers \
             there are, and how far each can be moved, is kept with the release and not published.",
            self.total(|settled| settled.unsettled)
        )
    }

    fn write_settled(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "| must stay uncertain | numbers | other table | linear programme | exact | within width | unsettled |"
        )?;
        writeln!(out, "|---|---|---|---|---|---|---|")?;
        for (kind, settled) in &self.settled {
            let Settled { numbers, by_other_table, by_linear_programme, exact, within_width, unsettled } = settled;
            writeln!(
                out,
                "| {kind} | {numbers} | {by_other_table} | {by_linear_programme} | {exact} | {within_width} | {unsettled} |"
            )?;
        }
        writeln!(out, "\n| how far another table puts it | numbers |\n|---|---|")?;
        for (distance, numbers) in &self.distances {
            writeln!(out, "| {distance} | {numbers} |")?;
        }
        Ok(())
    }
}

impl fmt::Display for AuditReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "# Audit of the release\n")?;
        writeln!(out, "{}.\n", if self.passed { "Passed" } else { "FAILED: this release must not be published" })?;
        writeln!(
            out,
            "An attacker who has every published figure, the policy and the definitions was given {} numbers, {} of them \
             uncertain, and {} bounds and sums. Each number that must stay uncertain was held to this: there is another \
             table of whole numbers that fits everything published and puts it at least {} from the truth.\n",
            self.numbers, self.uncertain_numbers, self.facts, self.width
        )?;
        write_earlier(out, self)?;
        if self.is_for_readers {
            self.write_outcome(out)?;
        } else {
            self.write_settled(out)?;
        }
        writeln!(
            out,
            "\nSmall numbers printed: {}. Figures that contradict the truth: {}.",
            self.printed_small, self.contradictions
        )?;
        writeln!(
            out,
            "\n| table | authorities' counts shown | hidden | figures of regions and England hidden |\n|---|---|---|---|"
        )?;
        for (table, counts) in &self.tables {
            writeln!(out, "| {table} | {} | {} | {} |", counts.shown, counts.hidden, counts.hidden_figures)?;
        }
        if !self.policy_checks.is_empty() {
            writeln!(out, "\nFigures that are no counts, each held to the policy:\n")?;
            for (kind, number) in &self.policy_checks {
                writeln!(out, "- {kind}: {number}")?;
            }
        }
        for (table, what) in &self.withdrawn {
            writeln!(out, "\n`{table}` is {what}.")?;
        }
        for (authority, other) in &self.merged {
            writeln!(out, "\n{authority} is counted in the row of {other}; its own row shows nothing.")?;
        }
        writeln!(out, "\nThe relations the attacker has:\n")?;
        for (kind, number) in &self.relations {
            writeln!(out, "- {kind}: {number} rows")?;
        }
        writeln!(out, "\nWhat this audit does not do:\n")?;
        for limit in &self.limits {
            writeln!(out, "- {limit}")?;
        }
        for (what, cell, place) in &self.failures {
            writeln!(out, "- FAILURE: {what}: {cell}, {place}")?;
        }
        Ok(())
    }
}

/// Which releases were attacked together with this one, and what joins them.
fn write_earlier(out: &mut fmt::Formatter<'_>, report: &AuditReport) -> fmt::Result {
    if report.earlier.is_empty() {
        writeln!(out, "Nothing of this year was published before.\n")?;
    } else {
        writeln!(
            out,
            "Everything published before of this year was attacked together with it. A number is shared with an earlier \
             release when none of its authority's numbers of that population which both show has moved; any other is a \
             number of its own. What a hidden number of the past truly was is not in the published files: two tables that \
             fit everything must put it at least {} from each other, so that one of them is at least {} from the truth.\n",
            2 * report.width - 1,
            report.width
        )?;
        writeln!(
            out,
            "| earlier release | authorities that sent again since | authorities with numbers of their own | shared numbers | own numbers | bounds and sums | rows without a name now |\n|---|---|---|---|---|---|---|"
        )?;
        for one in &report.earlier {
            let JoinedRelease {
                release,
                year: _,
                sent_again,
                changed,
                shared_numbers,
                own_numbers,
                facts,
                strange_rows,
            } = one;
            writeln!(
                out,
                "| {release} | {sent_again} | {changed} | {shared_numbers} | {own_numbers} | {facts} | {strange_rows} |"
            )?;
        }
        writeln!(out)?;
    }
    for one in &report.other_years {
        writeln!(
            out,
            "- The figures of {} stand in the same files as release {} has them: {} rows.",
            one.year, one.release, one.rows
        )?;
    }
    write_years(out, &report.years, report.width)
}

/// Which other years were attacked together with this one, and what joins them.
fn write_years(out: &mut fmt::Formatter<'_>, years: &[JoinedYear], width: i64) -> fmt::Result {
    let Some(latest) = years.first() else { return Ok(()) };
    writeln!(
        out,
        "\nOther years were attacked together with this one. A number that pools years changes from one release to the next \
         by the newest year less the oldest, and single years are numbers of one release or another; `disclosure.toml` says \
         over which months each number counts. In every authority the months were cut where any number begins or ends. The \
         attacker knows that each number, of this release or of another year's, is the sum of its pieces, that a piece is \
         never below nothing, that the pieces of a breakdown make up those of the total and that a part's lie within the \
         whole's, with every published figure and sum of those numbers in their own releases. Hidden numbers of other years \
         that stand in such a sum, and pieces of 1 to 5 that nobody printed, were held to this: two tables that fit all of \
         it put them at least {width} apart. Hidden numbers of this year that stand in one were held to what holds for all \
         others. {} numbers are such sums; {} more combinations of categories in an authority are joined by none, because \
         what is published contradicts it (their histories were told otherwise since, and everybody can see that).\n",
        latest.sums, latest.contradicted
    )?;
    writeln!(out, "| other year | releases | numbers | bounds and sums |\n|---|---|---|---|")?;
    for JoinedYear { year, releases, numbers, facts, .. } in years {
        writeln!(out, "| {year} | {} | {numbers} | {facts} |", releases.len())?;
    }
    writeln!(
        out,
        "\nAssumed known: that nothing was told otherwise since, wherever that fits what is published. An attacker who takes \
         it so has more than one who does not. Not given to the attacker: sums over months that what is published \
         contradicts; that few records were corrected, as a bound on how far they can be off; the other figures of other \
         years (numbers of support, of practice and of outcomes that are no part of a series, and means), which no sum \
         joins with this year's; regions' and England's sums over months, whose figures are rounded on both sides; and \
         numbers that do not add up over years: children with a return home in the horizon and key stage results. A year of \
         which no number stands above was published under definitions that no longer fit those of now.\n"
    )
}
