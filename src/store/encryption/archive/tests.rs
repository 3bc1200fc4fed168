use super::*;
use crate::domain::identifier::ReturnId;
use crate::store::ObjectArchive;
use chrono::DateTime;
use object_store::memory::InMemory;

fn key(id: &str) -> String {
    Keyring::new_line(id).expect("makes")
}

fn ring(lines: &[&str]) -> Keyring {
    Keyring::parse(&lines.join("\n")).expect("parses")
}

struct Sealing {
    archive: SealedArchive,
    name: ObjectName,
    other: ObjectName,
}

fn sealing() -> Sealing {
    let archive = SealedArchive::over(Arc::new(ObjectArchive::over(Arc::new(InMemory::new()))));
    let name = || ObjectName::original(ReturnId::new(DateTime::UNIX_EPOCH));
    Sealing { archive, name: name(), other: name() }
}

async fn keys_in_use(archive: &SealedArchive) -> Vec<Option<String>> {
    archive.objects_by_key().await.expect("counts").into_keys().collect()
}

#[tokio::test]
async fn what_was_written_before_is_read_and_resealed_and_a_key_that_seals_nothing_can_go() {
    let Sealing { archive, name, other } = sealing();
    let (old, new) = (key("old"), key("new"));
    archive.put(&other, Bytes::from_static(b"before")).await.expect("puts");
    archive.use_keys(ring(&[&old]));
    assert_eq!(archive.get(&other).await.expect("gets"), "before");
    archive.put(&name, Bytes::from_static(b"after")).await.expect("puts");
    assert_eq!(keys_in_use(&archive).await, [None, Some("old".to_owned())]);
    archive.use_keys(ring(&[&new, &old]));
    assert_eq!(archive.get(&name).await.expect("gets"), "after");
    let left = Mutex::new(Vec::new());
    let done = archive.reseal(|now| left.lock().expect("not poisoned").push(now)).await.expect("reseals");
    assert_eq!(done, Resealed { resealed: 2, failed: 0 });
    assert_eq!(*left.lock().expect("not poisoned"), [2, 1, 0, 0]);
    assert_eq!(keys_in_use(&archive).await, [Some("new".to_owned())]);
    archive.use_keys(ring(&[&new]));
    archive.ready().await.expect("needs the old key no more");
    assert_eq!(archive.get(&other).await.expect("gets"), "before");
    assert_eq!(archive.get(&name).await.expect("gets"), "after");
    assert_eq!(archive.reseal(|_| ()).await.expect("has nothing to do"), Resealed::default());
}

#[tokio::test]
async fn a_key_that_is_missing_or_wrong_is_named_before_anything_is_read_or_written() {
    let Sealing { archive, name, other } = sealing();
    archive.use_keys(ring(&[&key("spring")]));
    archive.put(&name, Bytes::from_static(b"x")).await.expect("puts");
    archive.use_keys(Keyring::none());
    for error in [archive.ready().await, archive.get(&name).await.map(|_| ())] {
        let error = error.expect_err("has no key");
        assert!(matches!(&error, StoreError::KeyMissing { key, .. } if key == "spring"), "{error}");
    }
    archive.use_keys(ring(&[&key("spring")]));
    for error in [archive.ready().await, archive.put(&other, Bytes::from_static(b"y")).await] {
        let error = error.expect_err("is another key of the same id");
        assert!(matches!(&error, StoreError::SealBroken { key, .. } if key == "spring"), "{error}");
    }
    archive.use_keys(ring(&[&key("autumn")]));
    let done = archive.reseal(|_| ()).await.expect("goes on");
    assert_eq!(done, Resealed { resealed: 0, failed: 1 });
    assert!(archive.ready().await.is_err(), "the key is still needed");
}

#[tokio::test]
async fn an_object_in_the_place_of_another_does_not_open() {
    let Sealing { archive, name, other } = sealing();
    archive.use_keys(ring(&[&key("one")]));
    archive.put(&name, Bytes::from_static(b"mine")).await.expect("puts");
    let bytes = archive.sealed_objects().get(&name).await.expect("gets");
    assert!(!bytes.windows(4).any(|window| window == b"mine"));
    archive.sealed_objects().put(&other, bytes).await.expect("puts");
    assert!(matches!(archive.get(&other).await, Err(StoreError::SealBroken { .. })));
}

#[tokio::test]
async fn resealing_brings_back_nothing_that_was_deleted_meanwhile() {
    let Sealing { archive, name, .. } = sealing();
    archive.put(&name, Bytes::from_static(b"x")).await.expect("puts");
    archive.use_keys(ring(&[&key("one")]));
    let listed = archive.list(Folder::Originals).await.expect("lists");
    archive.delete(&name).await.expect("deletes");
    for name in listed {
        archive.reseal_one(&name).await.expect("is gone");
    }
    assert!(archive.list(Folder::Originals).await.expect("lists").is_empty());
}
