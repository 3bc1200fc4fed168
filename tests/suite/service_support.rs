//! A service over a data folder of its own, with a clock that stands still and a key for everyone.

use chrono::{DateTime, Utc};
use homeward::cli::sample::{Authorities, SampleOptions, SampleReturn, generate};
use homeward::domain::account::Role;
use homeward::domain::clock::FixedClock;
use homeward::flow::{
    Account, FlowError, KeySecret, NewExplanation, NewKey, Parts, Service, SignInRules, Submission, Submitted,
};
use homeward::intake::spool::{SpooledUpload, spool_stream};
use homeward::spec::{Specification, SpecificationFiles};
use homeward::store::{DataFolder, Explained, NoObserver};
use homeward::telemetry::Metrics;
use homeward::validate::Validator;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

pub(crate) const YEAR: &str = "reunification-2026";
pub(crate) const AUTHORITY: &str = "330";

/// The indicators that the tests of releases count. Protecting all of them takes a program without optimisation minutes,
/// and says nothing more about how a release is built, kept and published.
const INDICATORS: [&str; 3] = ["coverage.md", "leavers_home.md", "neet.md"];

static SPECIFICATION: LazyLock<Arc<Specification>> = LazyLock::new(|| Arc::new(specification(|_, text| text)));

/// The specification of these tests with its files edited.
pub(crate) fn specification(edit: impl Fn(&str, String) -> String) -> Specification {
    let files = SpecificationFiles::embedded().expect("the specification in the program is whole");
    // The charts draw indicators that are left out.
    let is_kept = |path: &str| {
        let is_indicator = path.contains("/indicators/");
        !path.ends_with("/charts.toml") && (!is_indicator || INDICATORS.iter().any(|name| path.ends_with(name)))
    };
    let texts = files.iter().filter(|(path, _)| is_kept(path));
    let texts = texts.map(|(path, text)| (path.to_owned(), edit(path, text.to_owned())));
    Specification::load(SpecificationFiles::from_texts(texts)).expect("the specification loads")
}

/// Planning every rule takes a while, so the tests share one.
static VALIDATOR: LazyLock<Arc<Validator>> =
    LazyLock::new(|| Arc::new(Validator::new(Arc::clone(&SPECIFICATION)).expect("every rule plans")));

pub(crate) struct House {
    pub(crate) service: Service,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) data: DataFolder,
    folder: tempfile::TempDir,
}

/// A day in the middle of the time in which a year's collection is open.
fn open_day(year: &str) -> DateTime<Utc> {
    let collection = SPECIFICATION.collection(year).expect("is a collection");
    let day = collection.opens.checked_add_days(chrono::Days::new(30)).expect("is a day");
    day.and_hms_opt(9, 0, 0).expect("is a time").and_utc()
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(2, 50).await
    }

    pub(crate) async fn with(workers: usize, queue: usize) -> Self {
        Self::within(tempfile::tempdir().expect("a folder"), workers, queue).await
    }

    /// In a data folder that may have been used before.
    pub(crate) async fn within(folder: tempfile::TempDir, workers: usize, queue: usize) -> Self {
        let clock = Arc::new(FixedClock::at(open_day(YEAR)));
        let data = DataFolder::open(folder.path(), Arc::new(NoObserver)).await.expect("opens");
        let service = service(&data, &clock, workers, queue);
        service.recover().await.expect("recovers");
        Self { service, clock, data, folder }
    }

    /// The service as a start after a crash makes it: nothing of the running one is left but what is on disk.
    pub(crate) fn started_again(&self) -> Service {
        service(&self.data, &self.clock, 2, 50)
    }

    /// Goes on over the same data folder under another specification.
    pub(crate) fn under(self, specification: Specification) -> Self {
        let specification = Arc::new(specification);
        let validator = Arc::new(Validator::new(Arc::clone(&specification)).expect("every rule plans"));
        let service = service_under(&self.data, &self.clock, (2, 50), (specification, validator));
        Self { service, ..self }
    }

    pub(crate) fn clock_time(&self) -> DateTime<Utc> {
        self.service.now()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) async fn account(&self, role: Role) -> Account {
        self.account_of(role, AUTHORITY).await
    }

    pub(crate) async fn account_of(&self, role: Role, authority: &str) -> Account {
        let keeper = self.service.key_keeper();
        let organisation = keeper.organisation(role.belongs_to_an_authority().then_some(authority)).expect("is one");
        let made = keeper.make(NewKey::machine(organisation, role, "a test")).await.expect("makes a key");
        self.service.authenticate(&made.text).await.expect("is a key in use")
    }

    pub(crate) async fn upload(&self, bytes: &[u8]) -> SpooledUpload {
        let pieces: Vec<Result<bytes::Bytes, String>> =
            bytes.chunks(1000).map(|piece| Ok(bytes::Bytes::copy_from_slice(piece))).collect();
        spool_stream(futures::stream::iter(pieces), self.service.spool(), 1 << 26).await.expect("is spooled")
    }

    pub(crate) async fn submit(&self, by: &Account, bytes: &[u8]) -> Result<Submitted, FlowError> {
        self.submit_with_key(by, bytes, None).await
    }

    pub(crate) async fn submit_with_key(
        &self,
        by: &Account,
        bytes: &[u8],
        key: Option<&str>,
    ) -> Result<Submitted, FlowError> {
        let upload = self.upload(bytes).await;
        let submission = Submission { upload, file_name: None, idempotency_key: key.map(str::to_owned) };
        self.service.submit(by, submission).await
    }

    /// Explains every query by its rule, so that nothing is left to explain.
    pub(crate) async fn explain_all(&self, by: &Account, submitted: &Submitted) {
        let report = submitted.report.as_ref().expect("has a report");
        let queries = report.findings.iter().filter(|found| found.severity.name() == "query");
        let codes: std::collections::BTreeSet<&String> = queries.map(|found| &found.code).collect();
        let explanation = |code: &String| NewExplanation {
            about: Explained::Rule(code.clone()),
            text: "It is so in our records.".to_owned(),
        };
        let explanations = codes.into_iter().map(explanation).collect();
        self.service.explain(by, submitted.record.id, explanations).await.expect("explains");
    }

    /// Sends a return and takes it all the way.
    pub(crate) async fn accept(&self, authority: &str, bytes: &[u8]) -> Submitted {
        let submitter = self.account_of(Role::Submitter, authority).await;
        let signatory = self.account_of(Role::Signatory, authority).await;
        let collector = self.account(Role::Collector).await;
        let sent = self.submit(&submitter, bytes).await.expect("is received");
        self.explain_all(&submitter, &sent).await;
        self.service.sign(&signatory, sent.record.id, None).await.expect("is signed");
        self.service.accept(&collector, sent.record.id, None).await.expect("is accepted");
        sent
    }

    /// Every file under the data folder that holds these bytes, as they are or compressed.
    pub(crate) fn files_with(&self, wanted: &[u8]) -> Vec<PathBuf> {
        let holds = |bytes: &[u8]| bytes.windows(wanted.len()).any(|window| window == wanted);
        let mut files = files(self.folder());
        files.retain(|file| {
            let bytes = std::fs::read(file).expect("reads");
            holds(&bytes) || zstd::decode_all(bytes.as_slice()).is_ok_and(|expanded| holds(&expanded))
        });
        files
    }
}

fn service(data: &DataFolder, clock: &Arc<FixedClock>, workers: usize, queue: usize) -> Service {
    service_under(data, clock, (workers, queue), (Arc::clone(&SPECIFICATION), Arc::clone(&VALIDATOR)))
}

fn service_under(
    data: &DataFolder,
    clock: &Arc<FixedClock>,
    (workers, queue): (usize, usize),
    (specification, validator): (Arc<Specification>, Arc<Validator>),
) -> Service {
    Service::new(Parts {
        specification,
        validator,
        ledger: Arc::<homeward::store::SqliteLedger>::clone(&data.ledger),
        archive: Arc::<homeward::store::SealedArchive>::clone(&data.archive),
        clock: Arc::<FixedClock>::clone(clock),
        sign_in: SignInRules::default(),
        confirmed_by_another: false,
        key_secret: KeySecret::new([7; 32]),
        metrics: Metrics::new().expect("the metrics register"),
        spool: data.spool.clone(),
        workers,
        queue,
        limits: homeward::flow::Limits::default(),
        reminders: homeward::flow::Reminders::default(),
    })
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).expect("lists") {
            let path = entry.expect("is an entry").path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// A valid return of an authority, as a ZIP.
pub(crate) fn sample(year: &str, authority: &str, seed: u64) -> Vec<u8> {
    made(year, authority, seed).zip().expect("is zipped")
}

/// A return in which a field is empty in every row of a table, as a ZIP.
pub(crate) fn sample_without(year: &str, table: &str, field: &str) -> Vec<u8> {
    let mut made = made(year, AUTHORITY, 1);
    let table = made.tables.iter_mut().find(|one| one.name == table).expect("has the table");
    let text = String::from_utf8(std::mem::take(&mut table.bytes)).expect("is UTF-8");
    let mut lines = text.lines();
    let headings = lines.next().expect("has headings");
    let column = headings.split(',').position(|heading| heading == field).expect("has the column");
    let mut edited = vec![headings.to_owned()];
    edited.extend(lines.map(|line| {
        let mut cells: Vec<&str> = line.split(',').collect();
        cells[column] = "";
        cells.join(",")
    }));
    table.bytes = (edited.join("\n") + "\n").into_bytes();
    made.zip().expect("is zipped")
}

/// The same return in other bytes: a comment at the end of a ZIP changes nothing in it.
pub(crate) fn sample_in_other_bytes(year: &str, authority: &str, seed: u64) -> Vec<u8> {
    let mut bytes = sample(year, authority, seed);
    let end = bytes.len();
    bytes[end - 2..].copy_from_slice(&1_u16.to_le_bytes());
    bytes.push(b'x');
    bytes
}

/// The return of one authority in the name of another: the same children, sent twice.
pub(crate) fn sample_in_the_name_of(year: &str, authority: &str) -> Vec<u8> {
    let mut made = made(year, AUTHORITY, 1);
    let header = made.tables.iter_mut().find(|one| one.name == "header").expect("has a header");
    let text = String::from_utf8(std::mem::take(&mut header.bytes)).expect("is UTF-8");
    header.bytes = text.replacen(&format!("\n{AUTHORITY},"), &format!("\n{authority},"), 1).into_bytes();
    made.zip().expect("is zipped")
}

fn made(year: &str, authority: &str, seed: u64) -> SampleReturn {
    let authorities = Authorities::Some(vec![authority.to_owned()]);
    let options = SampleOptions { authorities, returns_a_year: Some(3.0), ..SampleOptions::new(year, seed) };
    let mut made = generate(&options, &SPECIFICATION).expect("can be made");
    made.next().expect("is one").expect("is made")
}
