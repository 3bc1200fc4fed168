//! What can go wrong while tables are protected. No text holds a figure.

use crate::spec::SpecificationError;

/// Why tables cannot be cleared.
#[derive(Debug, thiserror::Error)]
pub enum DisclosureError {
    #[error(transparent)]
    Specification(#[from] SpecificationError),
    #[error("the indicator {indicator} names the policy {policy}, which disclosure.toml does not have")]
    NoPolicy { indicator: String, policy: String },
    #[error(
        "the indicator {indicator} gives a median of {measure}, and the policy {policy} of disclosure.toml does not say to what that is rounded; add it to its `quantile_steps`"
    )]
    NoStep { indicator: String, policy: String, measure: String },
    #[error(
        "the indicator {indicator} gives a mean of {measure}, and the policy {policy} of disclosure.toml does not say how far apart the means of a small group must be that other means allow; add it to its `mean_widths`"
    )]
    NoWidth { indicator: String, policy: String, measure: String },
    #[error(
        "the indicator {indicator} is an analysis under the policy {policy} of disclosure.toml, whose thresholds do not protect one: `analysis_from` must be more than twice `small`, `events_from` more than `small`, and `at_risk_from` more than 200 times `width`"
    )]
    NoThresholds { indicator: String, policy: String },
    #[error(
        "the numbers of {population} do not add up to their total in every authority: the categories of one dimension are not all there, two shares call what is left by two names, or a sum in disclosure.toml does not hold"
    )]
    NotTheSum { population: String },
    #[error(
        "disclosure.toml merges the authority {authority} with {with}, which lies in another region: the regions' figures would be wrong. Name an authority of the same region"
    )]
    MergedAcross { authority: String, with: String },
    #[error(
        "disclosure.toml merges an authority with {authority}, and that one with another: name the last one for both"
    )]
    MergedTwice { authority: String },
    #[error("two indicators count the population {population} and do not agree: give one of them another name")]
    PopulationsDiffer { population: String },
    #[error(
        "disclosure.toml calls a cell of {population} impossible, but an authority has one: correct its return or the policy"
    )]
    NotImpossible { population: String },
    #[error(
        "the figures of the earlier release {release} cannot be those of the returns counted now and of returns that were sent again: the specification or the program counts otherwise than it did then. Publish what is counted otherwise under another name"
    )]
    EarlierContradicts { release: String },
    #[error(
        "the returns are too few or too small to publish from: the tables cannot be protected even without any row of an authority that says something about children. Nothing is published. Make the release when more returns are accepted, or leave indicators out of the specification. The first number that is not safe is one of {first}"
    )]
    TooFew { first: String },
    #[error(
        "the tables are protected, but the audit could not show that they are safe: {exact} cells can be worked out exactly, {within} to within the policy's width, {unsettled} could not be settled, {printed} small numbers are printed and {contradictions} published figures contradict the truth. Nothing is published. The first is: {first}"
    )]
    AuditFailed {
        exact: usize,
        within: usize,
        unsettled: usize,
        printed: usize,
        contradictions: usize,
        /// What is wrong, with which cell and where: never a figure.
        first: String,
    },
    #[error(
        "this revision cannot be protected together with what was published before ({releases} earlier releases of the year; {sent_again} authorities sent again since the last): {exact} cells can be worked out exactly, {within} to within the policy's width, {unsettled} could not be settled, {printed} small numbers are printed and {contradictions} published figures contradict the truth. Nothing is published. Wait until more authorities have sent again, and release their corrections together. The audit report names the cells"
    )]
    RevisionFailed {
        releases: usize,
        sent_again: usize,
        exact: usize,
        within: usize,
        unsettled: usize,
        printed: usize,
        contradictions: usize,
    },
}
