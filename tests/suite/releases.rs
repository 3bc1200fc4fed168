//! From accepted returns to a release: built, published, read; and made again from a folder with no service.

use super::service_support::{House, YEAR, sample};
use homeward::domain::account::Role;
use homeward::domain::digest::Digest;
use homeward::domain::release::ReleaseState;
use homeward::flow::{FlowError, NewRelease, release_from_folder};
use homeward::store::{Archive, Folder};

const AUTHORITIES: [&str; 3] = ["330", "331", "332"];

/// A house in which these authorities' returns are accepted.
async fn accepted() -> House {
    let house = House::new().await;
    for code in AUTHORITIES {
        house.accept(code, &sample(YEAR, code, 1)).await;
    }
    house
}

#[tokio::test]
async fn a_release_is_built_published_and_read_by_anyone() {
    let house = accepted().await;
    let (service, collector) = (&house.service, house.account(Role::Collector).await);
    let analyst = house.account(Role::Analyst).await;
    let draft = service.build_release(&collector, NewRelease::of(YEAR)).await.expect("is built");
    assert_eq!(draft.state, ReleaseState::Draft);
    assert!(service.releases(None).await.expect("lists").is_empty(), "a draft is not for everyone");
    assert!(matches!(service.release(None, draft.id).await, Err(FlowError::NotFound)));
    assert_eq!(service.releases(Some(&analyst)).await.expect("lists").len(), 1);
    let refused = service.publish_release(&analyst, draft.id, None).await.expect_err("is not for an analyst");
    assert_eq!(refused.code(), "not-allowed");
    let second = house.account(Role::Collector).await;
    service.approve_release(&second, draft.id).await.expect("is approved");
    let published = service.publish_release(&collector, draft.id, None).await.expect("is published");
    assert_eq!(service.releases(None).await.expect("lists"), std::slice::from_ref(&published));
    for file in &published.files {
        let (entry, bytes) = service.release_file(None, draft.id, &file.name).await.expect("is there");
        assert_eq!((entry.digest, entry.bytes), (Digest::of(&bytes), bytes.len() as u64), "{}", file.name);
    }
    for nothing in ["nothing.csv", "../ledger.sqlite", ""] {
        assert!(matches!(service.release_file(None, draft.id, nothing).await, Err(FlowError::NotFound)), "{nothing}");
    }
    let again = service.publish_release(&collector, draft.id, None).await.expect_err("is published already");
    assert_eq!(again.code(), "release-wrong-state");
    let recovered = house.started_again().recover().await.expect("recovers");
    assert_eq!(recovered.objects_removed, 0, "the files of a release are spoken of");
}

#[tokio::test]
async fn the_same_returns_give_the_same_files_with_no_service() {
    let house = accepted().await;
    let collector = house.account(Role::Collector).await;
    let draft = house.service.build_release(&collector, NewRelease::of(YEAR)).await.expect("is built");
    let folder = tempfile::tempdir().expect("a folder");
    for code in AUTHORITIES {
        std::fs::write(folder.path().join(format!("{code}.zip")), sample(YEAR, code, 1)).expect("writes");
    }
    std::fs::write(folder.path().join("broken.csv"), b"CHILD,UNKNOWN_COLUMN\n").expect("writes");
    let service = house.service.clone();
    let path = folder.path().to_owned();
    let made = tokio::task::spawn_blocking(move || {
        let collection = service.specification().collection(YEAR).expect("is a collection");
        release_from_folder(service.specification(), service.validator(), collection, &path, &[], &|_, _| {})
    });
    let made = made.await.expect("ends").expect("is made");
    assert_eq!(made.counted, AUTHORITIES);
    assert_eq!(made.left.len(), 1);
    let digests = |name: &&String| *name != "manifest.json";
    let ours: Vec<_> = made.release.files.keys().filter(digests).collect();
    let theirs: Vec<_> = draft.files.iter().map(|file| &file.name).filter(digests).collect();
    assert_eq!(ours, theirs);
    for file in draft.files.iter().filter(|file| digests(&&file.name)) {
        assert_eq!(Digest::of(&made.release.files[&file.name]), file.digest, "{}", file.name);
    }
}

#[tokio::test]
async fn nothing_accepted_is_nothing_to_release() {
    let house = House::new().await;
    let collector = house.account(Role::Collector).await;
    let refused =
        house.service.build_release(&collector, NewRelease::of(YEAR)).await.expect_err("has nothing to count");
    assert_eq!(refused.code(), "release-refused");
    let unknown = house.service.build_release(&collector, NewRelease::of("reunification-1999")).await;
    assert!(matches!(unknown, Err(FlowError::NotFound)));
    assert!(house.data.archive.list(Folder::Releases).await.expect("lists").is_empty());
}
