use super::*;
use crate::domain::account::Role;
use crate::domain::digest::Digest;
use crate::domain::identifier::{KeyId, ReturnId};
use crate::store::conformance::made::added_key;
use crate::store::{
    Archive as _, DataFolder, Keyring, Ledger as _, NewReturn, NoObserver, ObjectName, StoreError, secret_of_file,
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;
const CANARY: &[u8] = b"Zimtstern4711";

/// A data folder with uploads that were received, and a folder for backups.
struct House {
    data: DataFolder,
    by: KeyId,
    folder: TempDir,
    keys: String,
}

impl House {
    async fn new(keys: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = DataFolder::open(&folder.path().join("data"), Arc::new(NoObserver)).await.expect("opens");
        let by = added_key(data.ledger.as_ref(), "a test", Role::Submitter).await;
        let secret = DataFolder::secret_file(&folder.path().join("data"), "keys");
        secret_of_file(&secret, true).expect("makes a secret");
        let house = Self { data, by, folder, keys: keys.to_owned() };
        house.data.archive.use_keys(house.ring());
        house
    }

    fn ring(&self) -> Keyring {
        Keyring::parse(&self.keys).expect("parses")
    }

    async fn receive(&self, content: &[u8]) -> ReturnId {
        let id = ReturnId::new(NOW);
        let new = NewReturn {
            id,
            authority: "330".to_owned(),
            digest: Digest::of(content),
            bytes: content.len() as u64,
            idempotency_key: None,
            specification: Digest::of(b"specification"),
            uploaded_by: self.by,
            received: NOW,
        };
        self.data.archive.put(&ObjectName::original(id), Bytes::copy_from_slice(content)).await.expect("puts");
        self.data.ledger.receive(&new).await.expect("is received");
        id
    }

    fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn back_up(&self, keep: Option<usize>) -> BackupTaken {
        let taken = take_backup(&self.place("data"), &self.place("backups"), &self.ring(), NOW, keep).await;
        taken.expect("is backed up")
    }

    async fn verify(&self) -> BackupChecked {
        verify_backups(&self.place("backups"), &self.ring()).await.expect("looks")
    }

    fn restore(&self, to: &str, keys: &Keyring) -> Result<BackupManifest, StoreError> {
        restore_backup(&self.place("backups"), None, &self.place(to), keys)
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("lists") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[tokio::test]
async fn what_was_there_is_there_again_and_is_copied_once() {
    let house = House::new("").await;
    let one = house.receive(b"one").await;
    let orphan = ObjectName::original(ReturnId::new(NOW));
    house.data.archive.put(&orphan, Bytes::from_static(b"nobody's")).await.expect("puts");
    let first = house.back_up(None).await;
    assert_eq!((first.added, first.manifest.objects.len()), (1, 1), "the ledger speaks of one object");
    let two = house.receive(b"two").await;
    let second = house.back_up(None).await;
    assert_eq!((second.manifest.number, second.added, second.manifest.objects.len()), (2, 1, 2));
    let checked = house.verify().await;
    assert!(checked.damage.is_empty() && checked.whole.len() == 2, "{checked:?}");

    let restored = house.restore("again", &Keyring::none()).expect("is restored");
    assert_eq!(restored, second.manifest);
    let again = DataFolder::open(&house.place("again"), Arc::new(NoObserver)).await.expect("opens");
    let secret = |of| secret_of_file(&DataFolder::secret_file(&house.place(of), "keys"), false).expect("is there");
    assert_eq!(secret("again"), secret("data"));
    for (id, content) in [(one, "one"), (two, "two")] {
        assert_eq!(again.archive.get(&ObjectName::original(id)).await.expect("gets"), content);
    }
    assert_eq!(
        again.ledger.return_states().await.expect("reads"),
        house.data.ledger.return_states().await.expect("reads")
    );
    let earlier = restore_backup(
        &house.place("backups"),
        Some(&first.manifest.name()),
        &house.place("earlier"),
        &Keyring::none(),
    );
    assert_eq!(earlier.expect("is restored").returns.get("received"), Some(&1));
    let refused = house.restore("again", &Keyring::none()).expect_err("is not empty");
    assert!(refused.to_string().contains("is not empty"), "{refused}");
}

#[tokio::test]
async fn sealed_objects_and_the_ledger_stay_sealed() {
    let house = House::new(&Keyring::new_line("one").expect("makes")).await;
    let id = house.receive(CANARY).await;
    let taken = house.back_up(None).await;
    assert_eq!(taken.manifest.ledger.sealed_with.as_deref(), Some("one"));
    let secret = std::fs::read(DataFolder::secret_file(&house.place("data"), "keys")).expect("reads");
    for file in files(&house.place("backups")) {
        let bytes = std::fs::read(&file).expect("reads");
        assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{}", file.display());
        assert!(!bytes.windows(CANARY.len()).any(|window| window == CANARY), "{}", file.display());
        assert!(!bytes.starts_with(b"SQLite format"), "{}", file.display());
    }
    let refused = house.restore("without", &Keyring::none()).expect_err("has no key");
    assert!(matches!(refused, StoreError::KeyMissing { .. }), "{refused}");
    assert_eq!(files(&house.place("without")), Vec::<PathBuf>::new());
    let without = verify_backups(&house.place("backups"), &Keyring::none()).await.expect("looks");
    assert!(without.sealed_ledgers && without.damage.is_empty(), "{without:?}");
    house.restore("again", &house.ring()).expect("is restored");
    let again = DataFolder::open(&house.place("again"), Arc::new(NoObserver)).await.expect("opens");
    again.archive.use_keys(house.ring());
    again.archive.ready().await.expect("has its keys");
    assert_eq!(again.archive.get(&ObjectName::original(id)).await.expect("gets").as_ref(), CANARY);
}

#[tokio::test]
async fn damage_of_any_byte_of_any_file_is_found() {
    let house = House::new("").await;
    house.receive(b"one").await;
    house.back_up(None).await;
    for file in files(&house.place("backups")) {
        let whole = std::fs::read(&file).expect("reads");
        if whole.is_empty() {
            continue;
        }
        let step = (whole.len() / 40).max(1);
        for at in (0..whole.len()).step_by(step) {
            let mut altered = whole.clone();
            altered[at] ^= 0x20;
            std::fs::write(&file, &altered).expect("writes");
            let found = house.verify().await;
            assert!(found.whole.is_empty() && !found.damage.is_empty(), "byte {at} of {}", file.display());
            house.restore("damaged", &Keyring::none()).expect_err("is damaged");
            let _ = std::fs::remove_dir_all(house.place("damaged"));
        }
        std::fs::write(&file, &whole[..whole.len() - 1]).expect("writes");
        assert!(!house.verify().await.damage.is_empty(), "{} was cut", file.display());
        std::fs::write(&file, &whole).expect("writes");
    }
    assert!(house.verify().await.damage.is_empty());
}

#[tokio::test]
async fn what_was_interrupted_is_never_taken_for_whole() {
    let house = House::new("").await;
    house.receive(b"one").await;
    let whole = house.back_up(None).await;
    let unfinished = house.place("backups/backups/000002.part");
    std::fs::create_dir(&unfinished).expect("makes");
    for file in files(&whole.place) {
        std::fs::copy(&file, unfinished.join(file.file_name().expect("a name"))).expect("copies");
    }
    assert_eq!(house.verify().await.whole.len(), 1);
    assert_eq!(house.restore("again", &Keyring::none()).expect("is restored").number, 1);
    // An object that no whole backup names may be half written, so it is written again.
    let two = b"two, of which a power failure left nothing but its length";
    let torn = house.place("backups/objects").join(&Digest::of(two).to_string()[..2]).join(Digest::of(two).to_string());
    std::fs::create_dir_all(torn.parent().expect("a folder")).expect("makes");
    std::fs::write(&torn, vec![0; two.len()]).expect("writes");
    house.receive(two).await;
    assert_eq!(house.back_up(None).await.manifest.number, 2);
    assert!(!unfinished.exists());
    assert!(house.verify().await.damage.is_empty());

    std::fs::write(house.place("again").join(UNFINISHED), "x").expect("writes");
    let refused = DataFolder::open(&house.place("again"), Arc::new(NoObserver)).await.expect_err("is unfinished");
    assert!(matches!(refused, StoreError::RestoreUnfinished { .. }), "{refused}");
}

#[tokio::test]
async fn old_backups_go_with_the_objects_that_only_they_name() {
    let house = House::new("").await;
    let rejected = house.receive(CANARY).await;
    house.back_up(None).await;
    house.data.ledger.decide_rejected(rejected, &["P01".to_owned()]).await.expect("writes the receipt");
    house.data.archive.delete(&ObjectName::original(rejected)).await.expect("deletes");
    house.data.ledger.close_rejected(rejected, NOW).await.expect("is rejected");
    house.receive(b"two").await;
    let taken = house.back_up(Some(1)).await;
    assert_eq!((taken.pruned, taken.manifest.objects.len()), (1, 1));
    let left = files(&house.place("backups/objects"));
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(std::fs::read(&left[0]).expect("reads"), b"two");
    assert!(house.verify().await.damage.is_empty());
}

/// A backup is made while an upload is undecided, which must be in it; once it is refused its bytes go from there too.
#[tokio::test]
async fn of_an_upload_that_was_refused_since_no_backup_keeps_the_bytes() {
    let house = House::new("").await;
    let (one, refused) = (house.receive(b"one").await, house.receive(CANARY).await);
    let first = house.back_up(None).await;
    assert_eq!(first.manifest.objects.len(), 2, "what was acknowledged is never lost");
    house.data.ledger.decide_rejected(refused, &["P01".to_owned()]).await.expect("writes the receipt");
    house.data.archive.delete(&ObjectName::original(refused)).await.expect("deletes");
    house.data.ledger.close_rejected(refused, NOW).await.expect("is rejected");
    house.back_up(None).await;
    for file in files(&house.place("backups")) {
        let bytes = std::fs::read(&file).expect("reads");
        assert!(!bytes.windows(CANARY.len()).any(|window| window == CANARY), "{}", file.display());
    }
    let checked = house.verify().await;
    assert!(checked.damage.is_empty() && checked.whole.len() == 2, "{checked:?}");
    let named = Some(first.manifest.name());
    restore_backup(&house.place("backups"), named.as_deref(), &house.place("earlier"), &Keyring::none())
        .expect("is restored");
    let earlier = DataFolder::open(&house.place("earlier"), Arc::new(NoObserver)).await.expect("opens");
    assert_eq!(earlier.archive.get(&ObjectName::original(one)).await.expect("gets"), "one".as_bytes());
    assert!(earlier.archive.get(&ObjectName::original(refused)).await.is_err());
    // The same bytes sent again are an upload of their own, which is kept.
    house.receive(CANARY).await;
    let third = house.back_up(None).await;
    assert_eq!((third.added, third.manifest.objects.len()), (1, 2));
    assert!(house.verify().await.damage.is_empty());
    // Of what is damaged otherwise nothing is passed over.
    std::fs::remove_file(
        house.place("backups/objects").join(&Digest::of(b"one").to_string()[..2]).join(Digest::of(b"one").to_string()),
    )
    .expect("removes");
    assert!(!house.verify().await.damage.is_empty());
}

#[tokio::test]
async fn a_received_upload_without_bytes_is_told() {
    let house = House::new("").await;
    let id = house.receive(b"one").await;
    house.data.archive.delete(&ObjectName::original(id)).await.expect("deletes");
    assert_eq!(house.back_up(None).await.without_bytes, 1);
}
