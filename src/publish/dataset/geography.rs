//! The geographic levels of the data standard: their codes, their columns, and how a place of theirs is named.

/// A geographic level.
#[derive(Debug, PartialEq, Eq)]
pub struct Level {
    pub code: &'static str,
    /// What stands in the column `geographic_level`.
    pub label: &'static str,
    /// (member of a query, column of the file): what a place of this level is known by beside its identifier.
    pub properties: &'static [(&'static str, &'static str)],
    pub(super) name_column: &'static str,
}

macro_rules! levels {
    ($($code:literal, $label:literal, $name:literal, [$(($property:literal, $column:literal)),*];)*) => {
        /// Every level of the data standard, the largest places first.
        pub static LEVELS: &[Level] = &[$(
            Level { code: $code, label: $label, properties: &[$(($property, $column)),*], name_column: $name },
        )*];
    };
}

levels! {
    "NAT", "National", "country_name", [("code", "country_code")];
    "REG", "Regional", "region_name", [("code", "region_code")];
    "LA", "Local authority", "la_name", [("code", "new_la_code"), ("oldCode", "old_la_code")];
    "LAD", "Local authority district", "lad_name", [("code", "lad_code")];
    "RSC", "RSC region", "rsc_region_lead_name", [];
    "PCON", "Parliamentary constituency", "pcon_name", [("code", "pcon_code")];
    "LSIP", "Local skills improvement plan area", "lsip_name", [("code", "lsip_code")];
    "LEP", "Local enterprise partnership", "local_enterprise_partnership_name", [("code", "local_enterprise_partnership_code")];
    "EDA", "English devolved area", "english_devolved_area_name", [("code", "english_devolved_area_code")];
    "MCA", "Mayoral combined authority", "mayoral_combined_authority_name", [("code", "mayoral_combined_authority_code")];
    "OA", "Opportunity area", "opportunity_area_name", [("code", "opportunity_area_code")];
    "WARD", "Ward", "ward_name", [("code", "ward_code")];
    "MAT", "MAT", "trust_name", [("code", "trust_id")];
    "SPON", "Sponsor", "sponsor_name", [("code", "sponsor_id")];
    "SCH", "School", "school_name", [("urn", "school_urn"), ("laEstab", "school_laestab")];
    "PROV", "Provider", "provider_name", [("ukprn", "provider_ukprn")];
    "INST", "Institution", "institution_name", [("code", "institution_id")];
    "PA", "Planning area", "planning_area_name", [("code", "planning_area_code")];
    "PFA", "Police force area", "pfa_name", [("code", "pfa_code")];
}

impl Level {
    pub fn of_code(code: &str) -> Option<&'static Self> {
        LEVELS.iter().find(|level| level.code == code)
    }

    /// By what stands in the column `geographic_level`.
    pub fn of_label(label: &str) -> Option<&'static Self> {
        LEVELS.iter().find(|level| level.label == label)
    }

    /// The names from which a place's identifier is made: an authority's three-digit code, which stays when its
    /// nine-character one changes; else all that a place is known by.
    pub(super) fn names_of<'k>(&self, known_by: &'k [Box<str>]) -> Vec<&'k str> {
        let stays =
            self.properties.iter().zip(known_by).find(|((name, _), code)| *name == "oldCode" && !code.is_empty());
        let known_by = stays.map_or(known_by, |(_, code)| std::slice::from_ref(code));
        ["location", self.code].into_iter().chain(known_by.iter().map(AsRef::as_ref)).collect()
    }

    /// The columns that say which place of this level a row belongs to.
    pub(super) fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.properties.iter().map(|(_, column)| *column).chain([self.name_column])
    }
}
