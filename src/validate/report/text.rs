//! The report as text for a terminal.

use super::alike::{Alike, alike, not_checked};
use super::groups::{Group, groups, key, particulars, place, verdict};
use crate::domain::finding::Severity;
use crate::domain::report::Report;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Findings of one rule that are written out; the other forms list more.
const WRITTEN: usize = 20;

/// The report by rule, worst first. `colour` puts ANSI colours on severities.
pub fn text(report: &Report, colour: bool) -> String {
    let mut out = String::new();
    out.push_str(&verdict(report));
    out.push('\n');
    for (name, value) in particulars(report) {
        // Unwrap safety, here and below: writing to a String cannot fail, so the result carries nothing.
        let _ = writeln!(out, "  {name}: {value}");
    }
    for note in &report.notes {
        let _ = writeln!(out, "  {note}");
    }
    for group in groups(report) {
        write_group(&mut out, &group, colour);
    }
    if !report.not_checked.is_empty() {
        out.push_str("\nNot checked\n");
        for (codes, because) in not_checked(report) {
            let _ = writeln!(out, "  {codes}: {because}");
        }
    }
    out
}

fn write_group(out: &mut String, group: &Group<'_>, colour: bool) {
    let severity = painted(group.severity, colour);
    let times = if group.count == 1 { String::new() } else { format!(" ({} times)", group.count) };
    let _ = writeln!(out, "\n{severity} {}: {}{times}", group.code, group.statement);
    let mut said = BTreeSet::new();
    let told = alike(&group.findings);
    for one in told.iter().take(WRITTEN) {
        write_finding(out, one, &mut said);
    }
    let more = group.unlisted() + told.iter().skip(WRITTEN).map(Alike::findings).sum::<usize>() as u64;
    if more > 0 {
        let _ = writeln!(out, "  … and {more} more of {}", group.code);
    }
}

/// A message that stands above in the same group is not written again.
fn write_finding<'a>(out: &mut String, one: &Alike<'a>, said: &mut BTreeSet<&'a str>) {
    let finding = one.first;
    let key = if one.is_one() { key(finding) } else { String::new() };
    let of = if key.is_empty() { String::new() } else { format!(" ({key})") };
    let _ = writeln!(out, "  {}{of}", one.place());
    if said.insert(finding.message.reveal()) {
        let _ = writeln!(out, "    {}", finding.message.reveal());
    }
    if let Some(value) = finding.value.as_ref().filter(|value| !value.reveal().is_empty()) {
        let _ = writeln!(out, "    There stands: {}", value.reveal());
    }
    if let Some(also) = &finding.also {
        let _ = writeln!(out, "    See also: {}", place(also));
    }
}

fn painted(severity: Severity, colour: bool) -> String {
    let name = severity.name();
    if !colour {
        return name.to_owned();
    }
    let code = match severity {
        Severity::Reject => "1;31",
        Severity::Error => "31",
        Severity::Query => "33",
        Severity::Info => "36",
    };
    format!("\u{1b}[{code}m{name}\u{1b}[0m")
}
