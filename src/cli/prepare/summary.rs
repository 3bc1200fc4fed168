//! Says what a draft holds and what is still to fill in. It counts; it never names a child.

use std::fmt;

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Children of all exports together, with a return home or without.
    pub children_in_exports: usize,
    pub children: usize,
    /// Children with a linkage key.
    pub linked: usize,
    pub episodes: usize,
    pub returns: usize,
    /// Returns of which the reason does not tell whether they were planned.
    pub planned_unknown: usize,
    pub breakdowns: usize,
    /// Children whose first episode continues one that no export shows.
    pub beginning_unknown: usize,
    /// Children left out because they are 25 and went home before the six years.
    pub grown: usize,
}

/// A table's fields that the exports could not fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToFillIn {
    pub table: String,
    /// Whether the table has its headings alone.
    pub whole: bool,
    pub required: Vec<String>,
    pub optional: Vec<String>,
}

/// What was done and what is left to do; its text is for the person who made the draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub authority: String,
    pub collection: String,
    pub counts: Counts,
    pub short_breaks: usize,
    pub ended_in_short_breaks: usize,
    pub without_header: usize,
    pub never_closed: usize,
    pub scores: usize,
    pub wrong_numbers: usize,
    pub shared_numbers: usize,
    pub numbers_without_key: usize,
    pub to_fill_in: Vec<ToFillIn>,
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = &self.counts;
        writeln!(out, "Draft return of authority {} for {}", self.authority, self.collection)?;
        writeln!(
            out,
            "  {} children in the exports, {} with a return home that belongs in the return",
            counts.children_in_exports, counts.children
        )?;
        writeln!(
            out,
            "  {} episodes, {} returns home, {} of them ended in re-entry to care",
            counts.episodes, counts.returns, counts.breakdowns
        )?;
        writeln!(out, "  {} children with a linkage key", counts.linked)?;
        writeln!(
            out,
            "Not copied: names, dates of birth but for the month, postcodes, UPNs, URNs, local identifiers."
        )?;
        let notes: Vec<String> = self.notes().collect();
        if !notes.is_empty() {
            writeln!(out, "\nTo know")?;
        }
        for note in notes {
            writeln!(out, "  - {note}")?;
        }
        writeln!(out, "\nStill to fill in")?;
        for left in &self.to_fill_in {
            write!(out, "  {}:", left.table)?;
            if left.whole {
                write!(out, " every row (the file has its headings only);")?;
            }
            if !left.required.is_empty() {
                write!(out, " {}", left.required.join(", "))?;
            }
            if !left.optional.is_empty() {
                let and = if left.required.is_empty() { "" } else { ";" };
                write!(out, "{and} where known {}", left.optional.join(", "))?;
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

impl Summary {
    /// The sentences on what the officer would not expect.
    fn notes(&self) -> impl Iterator<Item = String> {
        let counts = &self.counts;
        let said = [
            (
                counts.beginning_unknown,
                "{} whose first episode continues an earlier one that no export shows (rule J207 will say so): give the exports of earlier years with --previous, or add those episodes.",
                CHILDREN,
            ),
            (
                counts.planned_unknown,
                "{} to a person without parental responsibility (E13): only the authority knows whether it was planned.",
                RETURNS,
            ),
            (
                counts.grown,
                "{} left out: 25 or over at the end of the period, and home before the six years of the return.",
                CHILDREN,
            ),
            (
                self.short_breaks,
                "{} of short breaks (V3, V4) left out, which are outside the collection; the totals do not count them either.",
                EPISODES,
            ),
            (
                self.ended_in_short_breaks,
                "{} went on into short breaks: the reason why the period of care ended (REC) is left empty for you.",
                EPISODES,
            ),
            (self.without_header, "{} left out because their child is in no header.", EPISODES),
            (
                self.never_closed,
                "{} open in an earlier export and not in the newest one: left open, check the dates.",
                EPISODES,
            ),
            (
                self.scores,
                "{} of the strengths and difficulties questionnaire in OC2 not copied: OC2 has no date of observation, and an outcome needs one. Health checks of OC2 are of 31 March and not of a follow-up point.",
                SCORES,
            ),
            (self.wrong_numbers, "{} failed the check digit: the linkage key is left empty.", NUMBERS),
            (
                self.shared_numbers,
                "{} left without a linkage key because another child has the same NHS number.",
                CHILDREN,
            ),
            (
                self.numbers_without_key,
                "{} in the export not used: a linkage key needs the collection's key (--linkage-key-file).",
                NUMBERS,
            ),
        ];
        said.into_iter().filter(|(count, _, _)| *count > 0).map(|(count, sentence, (one, many))| {
            sentence.replacen("{}", &format!("{count} {}", if count == 1 { one } else { many }), 1)
        })
    }
}

const CHILDREN: (&str, &str) = ("child", "children");
const RETURNS: (&str, &str) = ("return", "returns");
const EPISODES: (&str, &str) = ("episode", "episodes");
const SCORES: (&str, &str) = ("score", "scores");
const NUMBERS: (&str, &str) = ("NHS number", "NHS numbers");
