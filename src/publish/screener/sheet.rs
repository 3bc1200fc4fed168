//! A CSV file by the names of its columns.

/// Columns that say when and where, at every level that the standard knows.
pub(super) const TIME: [&str; 2] = ["time_period", "time_identifier"];
pub(super) const PLACE: [&str; 38] = [
    "geographic_level",
    "country_code",
    "country_name",
    "region_code",
    "region_name",
    "old_la_code",
    "new_la_code",
    "la_name",
    "lad_code",
    "lad_name",
    "rsc_region_lead_name",
    "pcon_code",
    "pcon_name",
    "lsip_code",
    "lsip_name",
    "local_enterprise_partnership_code",
    "local_enterprise_partnership_name",
    "english_devolved_area_code",
    "english_devolved_area_name",
    "opportunity_area_code",
    "opportunity_area_name",
    "ward_code",
    "ward_name",
    "trust_id",
    "trust_name",
    "sponsor_id",
    "sponsor_name",
    "school_urn",
    "school_name",
    "school_laestab",
    "provider_ukprn",
    "provider_name",
    "institution_id",
    "institution_name",
    "planning_area_code",
    "planning_area_name",
    "pfa_code",
    "pfa_name",
];

/// What names of places and of schools and their like begin with, and what they end with.
const BEGINNINGS: [&str; 16] = [
    "country", "sch", "prov", "inst", "estab", "reg", "la", "local", "rsc", "pfa", "pcon", "lep", "mca", "oa", "ward",
    "mat",
];
const ENDS: [&str; 7] = ["name", "code", "urn", "ukprn", "number", "upin", "id"];
/// Names that say nothing but a place or an organisation.
const BARE: [&str; 28] = [
    "laestab",
    "estab",
    "sch",
    "school",
    "schools",
    "prov",
    "provider",
    "providers",
    "inst",
    "institution",
    "institutions",
    "name",
    "code",
    "urn",
    "ukprn",
    "number",
    "upin",
    "id",
    "region",
    "la",
    "lad",
    "rsc",
    "pcon",
    "lep",
    "mca",
    "oa",
    "ward",
    "mat",
];

/// Whether the screener takes the name of a column for that of a place or an organisation.
pub(super) fn looks_like_a_place(name: &str) -> bool {
    let name = name.to_lowercase();
    let between =
        |begin: &&str| name.strip_prefix(*begin).is_some_and(|rest| ENDS.iter().any(|end| rest.ends_with(end)));
    BARE.contains(&name.as_str()) || BEGINNINGS.iter().any(between)
}

/// The cells of a file, every row as wide as its headings.
pub(in crate::publish) struct Sheet {
    pub(in crate::publish) headings: Vec<String>,
    pub(in crate::publish) rows: Vec<Vec<String>>,
}

impl Sheet {
    /// The error is what the reader of CSV says of it; it holds no cell.
    pub(in crate::publish) fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut reader = csv::Reader::from_reader(bytes);
        let row = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
        let headings = reader.headers().map(&row).map_err(|error| error.to_string())?;
        let rows = reader.records().map(|record| record.map(|record| row(&record)).map_err(|error| error.to_string()));
        Ok(Self { headings, rows: rows.collect::<Result<_, _>>()? })
    }

    pub(super) fn at(&self, column: &str) -> Option<usize> {
        self.headings.iter().position(|heading| heading == column)
    }

    /// A column's cells from top to bottom; none where there is no such column.
    pub(super) fn column(&self, name: &str) -> impl Iterator<Item = &str> {
        let at = self.at(name);
        self.rows.iter().filter_map(move |row| row.get(at?).map(String::as_str))
    }

    pub(super) fn distinct(&self, name: &str) -> std::collections::BTreeSet<&str> {
        self.column(name).collect()
    }
}

impl super::Files<'_> {
    /// A cell of a line of the metadata; empty where there is no such column.
    pub(super) fn said<'r>(&self, line: &'r [String], column: &str) -> &'r str {
        self.meta.at(column).and_then(|at| line.get(at)).map_or("", String::as_str)
    }

    /// The lines of the metadata of a kind: `Filter` or `Indicator`.
    pub(super) fn lines<'f>(&'f self, kind: &'f str) -> impl Iterator<Item = &'f [String]> {
        self.meta.rows.iter().map(Vec::as_slice).filter(move |line| self.said(line, "col_type") == kind)
    }

    /// The columns of the data that the metadata calls so.
    pub(super) fn named<'f>(&'f self, kind: &'f str) -> Vec<&'f str> {
        self.lines(kind).map(|line| self.said(line, "col_name")).collect()
    }

    /// Every column that the metadata names, grouping columns included, whatever it says that they are.
    pub(super) fn described(&self) -> std::collections::BTreeSet<&str> {
        let named = |column: &'static str| self.meta.rows.iter().map(move |line| self.said(line, column));
        named("col_name").chain(named("filter_grouping_column")).filter(|name| !name.is_empty()).collect()
    }

    /// The filters and their grouping columns.
    pub(super) fn filters_and_groups(&self) -> Vec<&str> {
        let groups = self.lines("Filter").map(|line| self.said(line, "filter_grouping_column"));
        let mut all = self.named("Filter");
        all.extend(groups.filter(|group| !group.is_empty()));
        all
    }
}
