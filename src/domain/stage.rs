//! The stages of making a release, which are measured one by one: the closed set of the label `stage`.

/// A part of the making of a release. Nothing of how long it took is ever in a release: the same returns give the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The returns are read, and checked where they come from a folder.
    Read,
    /// The views and the queries of the indicators are planned.
    Plan,
    /// The returns are put together and counted.
    Count,
    /// What is hidden is chosen, and the tables are cleared.
    Protect,
    /// The attacker tries to work out what is hidden.
    Audit,
    /// The files are laid out: CSV, JSON, Parquet, workbooks, charts.
    LayOut,
    /// DfE's screener and our own gate read the files.
    Screen,
    /// The files are compared with those published before, and named in the manifest.
    Compare,
    /// The files are written where they are kept.
    Write,
}

/// Is told that a stage begins; the one before it has ended.
pub type Begins<'a> = &'a (dyn Fn(Stage) + Sync);

/// For whoever does not measure.
pub const fn unmeasured(_: Stage) {}

impl Stage {
    /// In the order in which a release goes through them.
    pub const ALL: [Self; 9] = [
        Self::Read,
        Self::Plan,
        Self::Count,
        Self::Protect,
        Self::Audit,
        Self::LayOut,
        Self::Screen,
        Self::Compare,
        Self::Write,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Plan => "plan",
            Self::Count => "count",
            Self::Protect => "protect",
            Self::Audit => "audit",
            Self::LayOut => "lay-out",
            Self::Screen => "screen",
            Self::Compare => "compare",
            Self::Write => "write",
        }
    }
}
