//! Revisions: what is safe alone and not together with the release before it.

use super::*;
use crate::domain::digest::Digest;
use simulated::revised;

const SEED: u64 = 7;
const REGIONS: usize = 2;
const TOPICS: usize = 2;

fn first() -> RawTables {
    revised(SEED, REGIONS, 40.0, TOPICS, &[])
}

fn second(again: &[usize]) -> RawTables {
    revised(SEED, REGIONS, 40.0, TOPICS, again)
}

/// A digest for each authority's return; another for those that sent again.
fn returns(raw: &RawTables, version: u32, again: &[usize]) -> BTreeMap<String, Digest> {
    let digest = |at: usize, code: &str| {
        let version = if again.contains(&at) { version } else { 1 };
        Digest::of(format!("{code} {version}").as_bytes())
    };
    let authorities = raw.geography.authorities.iter().enumerate().filter(|(at, _)| raw.has_return[*at]);
    authorities.map(|(at, one)| (one.code.clone(), digest(at, &one.code))).collect()
}

/// The tables as their files show them.
pub(super) fn published(tables: &ClearedTables, returns: BTreeMap<String, Digest>) -> EarlierTables {
    let (geography, year) = (tables.geography(), tables.year());
    let place = |place: Place| -> [String; 8] {
        let cells = match place {
            Place::England => ["National", "", "", "", "", "", "", ""],
            Place::Region(at) => ["Regional", "", "", &geography.regions[at].gss, "", "", "", ""],
            Place::Authority(at) => ["Local authority", "", "", "", "", &geography.authorities[at].code, "", ""],
        };
        cells.map(str::to_owned)
    };
    let one = |table: &ClearedTable| {
        let definition = table.definition();
        let topics = ["breakdown_topic", "breakdown"].into_iter().filter(|_| !definition.topics.is_empty());
        let filters = topics.chain(definition.filters.iter().map(|filter| filter.column.as_str()));
        let rows = table.rows().iter().map(|row| {
            let labels = definition.breakdown_labels(&row.key);
            let topics = [labels.0, labels.1].into_iter().filter(|_| !definition.topics.is_empty());
            let own = definition.filters.iter().zip(&row.key.filters);
            let items = topics.chain(own.map(|(filter, item)| filter.items[*item].as_str()));
            let items = items.map(str::to_owned).collect();
            EarlierRow { place: place(row.place), items, figures: row.figures.clone() }
        });
        EarlierTable {
            filters: filters.map(str::to_owned).collect(),
            columns: table.columns().iter().map(|column| column.name.clone()).collect(),
            rows: rows.collect(),
        }
    };
    let tables = tables.tables().iter().map(|table| (table.definition().id.clone(), one(table)));
    EarlierTables { name: "first".to_owned(), year, tables: tables.collect(), returns }
}

fn cleared(raw: &RawTables, earlier: &Earlier) -> (ClearedTables, AuditReport) {
    clear(raw, &policies(), earlier).unwrap_or_else(|refusal| {
        panic!("{refusal}\n{}", refusal.report.as_ref().map(ToString::to_string).unwrap_or_default())
    })
}

/// What the attacker makes of a release that was protected with nothing before it, once he has what was.
pub(super) fn attacked_together(raw: &RawTables, policies: &Policies, earlier: &Earlier) -> AuditReport {
    let merged = merge::merge(raw, policies, earlier).expect("very small authorities lie with larger ones");
    let earlier = &merged.earlier(earlier);
    let raw = &merged.raw;
    let mut grid = grid::Grid::new(raw, policies).expect("a grid");
    grid.merged = merged.pairs;
    let protection = protect::protect(raw, &grid, &Known::default());
    let tables = clear::clear(raw, policies, &grid, &protection).expect("tables");
    let known = Known::new(raw, &grid, policies, earlier).expect("the earlier release is read");
    audit::audit(&tables, raw, policies, &audit::hints(&grid, &protection), &known).expect("a report")
}

fn after(raw: &RawTables, earlier: Vec<EarlierTables>, again: &[usize]) -> Earlier {
    Earlier { releases: earlier, returns: returns(raw, 2, again) }
}

#[test]
fn a_revision_of_six_authorities_is_safe_together_and_would_not_be_alone() {
    let one = first();
    let (tables, _) = cleared(&one, &Earlier::default());
    let again = [1, 4, 7, 12, 16, 19];
    let other = second(&again);
    let earlier = after(&other, vec![published(&tables, returns(&one, 1, &[]))], &again);
    let alone = attacked_together(&other, &policies(), &earlier);
    assert!(!alone.passed, "protected alone, the revision gives hidden numbers away");
    let (revised, report) = cleared(&other, &earlier);
    assert!(report.passed && report.earlier.len() == 1, "{report}");
    assert_eq!(report.earlier[0].sent_again, again.len());
    assert!(report.earlier[0].own_numbers > 0 && report.earlier[0].shared_numbers > report.earlier[0].own_numbers);
    pattern_is_kept(&tables, &revised, &again);
}

/// Where nothing was sent again, what was shown is shown and what was hidden is hidden; elsewhere nothing hidden is shown.
fn pattern_is_kept(before: &ClearedTables, now: &ClearedTables, again: &[usize]) {
    let mut kept = 0;
    for (one, other) in before.tables().iter().zip(now.tables()) {
        for (one, other) in one.rows().iter().zip(other.rows()) {
            let Place::Authority(at) = one.place else { continue };
            for (one, other) in one.figures.iter().zip(&other.figures) {
                let hidden = |shown: &Shown| *shown == Shown::Confidential;
                if again.contains(&at) {
                    assert!(!hidden(one) || !matches!(other, Shown::Number(_)), "{one} became {other}");
                } else {
                    assert_eq!(hidden(one), hidden(other));
                    kept += 1;
                }
            }
        }
    }
    assert!(kept > 1_000);
}

/// The hazard of a revision of one authority: what a region's figure changes by is that authority's change.
#[test]
fn a_revision_of_one_authority_is_safe_together() {
    let one = first();
    let (tables, _) = cleared(&one, &Earlier::default());
    let again = [4];
    let other = second(&again);
    let earlier = after(&other, vec![published(&tables, returns(&one, 1, &[]))], &again);
    let (revised, report) = cleared(&other, &earlier);
    assert!(report.passed, "{report}");
    assert_eq!((report.earlier[0].sent_again, report.earlier[0].changed), (1, 1));
    pattern_is_kept(&tables, &revised, &again);
    // A third release rests on both before it, and one that changes nothing changes no figure.
    let mut second = published(&revised, returns(&other, 2, &again));
    second.name = "second".to_owned();
    let both = vec![published(&tables, returns(&one, 1, &[])), second];
    let (same, report) = cleared(&other, &after(&other, both, &again));
    assert!(report.passed && report.earlier.len() == 2, "{report}");
    assert_eq!((report.earlier[1].sent_again, report.earlier[1].own_numbers), (0, 0));
    assert_eq!(same, revised);
}
