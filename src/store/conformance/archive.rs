//! An archive gives back what it was given, by name, and forgets what is deleted.

use super::ArchiveCase;
use super::made::second;
use crate::domain::identifier::{ReleaseId, ReturnId};
use crate::store::{Archive, Folder, ObjectName, StoreError};
use bytes::Bytes;

pub(super) const ALL: &[ArchiveCase] = &[
    ("objects read back", |archive| Box::pin(objects_read_back(archive))),
    ("a deleted object is gone", |archive| Box::pin(a_deleted_object_is_gone(archive))),
    ("folders list their own objects", |archive| Box::pin(folders_list_their_own_objects(archive))),
    ("an empty archive is ready", |archive| Box::pin(an_empty_archive_is_ready(archive))),
];

async fn objects_read_back(archive: &dyn Archive) {
    let name = ObjectName::original(ReturnId::new(second(1)));
    for bytes in [Bytes::new(), Bytes::from_static(b"first"), Bytes::from(vec![7; 3_000_000])] {
        archive.put(&name, bytes.clone()).await.expect("puts");
        assert_eq!(archive.get(&name).await.expect("gets"), bytes);
        let beginning = archive.beginning(&name, 3).await.expect("gets");
        assert_eq!(beginning, bytes[..bytes.len().min(3)]);
    }
    let missing = archive.get(&ObjectName::report(ReturnId::new(second(1)))).await;
    assert!(matches!(missing, Err(StoreError::NoObject { .. })));
    let missing = archive.beginning(&ObjectName::report(ReturnId::new(second(1))), 3).await;
    assert!(matches!(missing, Err(StoreError::NoObject { .. })));
}

async fn a_deleted_object_is_gone(archive: &dyn Archive) {
    let name = ObjectName::original(ReturnId::new(second(1)));
    archive.put(&name, Bytes::from_static(b"x")).await.expect("puts");
    archive.delete(&name).await.expect("deletes");
    archive.delete(&name).await.expect("is deleted already");
    assert!(matches!(archive.get(&name).await, Err(StoreError::NoObject { .. })));
    assert!(archive.list(Folder::Originals).await.expect("lists").is_empty());
}

async fn folders_list_their_own_objects(archive: &dyn Archive) {
    let (one, two) = (ReturnId::new(second(1)), ReturnId::new(second(2)));
    let release = ReleaseId::new(second(3));
    let table = |id, name| ObjectName::table(id, name).expect("a good name");
    let file = ObjectName::release_file(release, "data/returns.csv").expect("a good name");
    let names = [table(one, "a"), table(one, "b"), table(two, "a"), ObjectName::original(one), file.clone()];
    for name in &names {
        archive.put(name, Bytes::from_static(b"x")).await.expect("puts");
    }
    let list = async |folder| archive.list(folder).await.expect("lists");
    assert_eq!(list(Folder::Tables).await, names[..3]);
    assert_eq!(list(Folder::TablesOf(one)).await, names[..2]);
    assert_eq!(list(Folder::Originals).await, names[3..4]);
    assert_eq!(list(Folder::Release(release)).await, [file]);
    assert!(list(Folder::Reports).await.is_empty());
}

async fn an_empty_archive_is_ready(archive: &dyn Archive) {
    archive.ready().await.expect("is ready");
}
