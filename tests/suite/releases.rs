//! From accepted returns to a release: built, published, read; and made again from a folder with no service.

use super::service_support::{House, YEAR, sample};
use homeward::domain::account::Role;
use homeward::domain::digest::Digest;
use homeward::domain::release::ReleaseState;
use homeward::flow::{FlowError, NewRelease, ReturnsFolder, Telling, release_from_folder, release_from_manifest};
use homeward::publish::{Difference, Edition, INPUTS, Inputs, Rebuilt, WHOLE_AUDIT};
use homeward::store::{Archive, Folder, Ledger, ObjectName, Page, ReleaseRecord, ReturnFilter};

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
    let listed = service.releases(None).await.expect("lists");
    assert_eq!(listed, std::slice::from_ref(&published));
    let kept = house.data.ledger.release(draft.id).await.expect("reads").expect("is there").files;
    for withheld in [INPUTS, WHOLE_AUDIT] {
        assert!(kept.iter().any(|file| file.name == withheld), "{withheld} is kept");
    }
    for reader in [None, Some(&collector), Some(&analyst)] {
        let readable = service.release(reader, draft.id).await.expect("is readable").files;
        assert_eq!(readable.len() + 2, kept.len());
        for withheld in [INPUTS, WHOLE_AUDIT] {
            assert!(readable.iter().all(|file| file.name != withheld), "{withheld} is for no reader");
            assert!(matches!(service.release_file(reader, draft.id, withheld).await, Err(FlowError::NotFound)));
        }
    }
    for file in &listed[0].files {
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

/// Makes the release of a manifest again from a folder with these returns of the authorities.
async fn again(house: &House, draft: &ReleaseRecord, manifest: &str, seeds: [u64; 3]) -> Rebuilt {
    let counted = ObjectName::release_file(draft.id, INPUTS).expect("a name");
    let counted = house.data.archive.get(&counted).await.expect("is kept");
    let counted = Inputs::from_json(&counted).expect("is what was counted");
    assert_eq!(counted.manifest, Digest::of(draft.manifest.as_bytes()));
    let folder = tempfile::tempdir().expect("a folder");
    for (code, seed) in AUTHORITIES.iter().zip(seeds) {
        std::fs::write(folder.path().join(format!("{code}.zip")), sample(YEAR, code, seed)).expect("writes");
    }
    let (service, manifest) = (house.service.clone(), serde_json::from_str(manifest).expect("a manifest"));
    let made = tokio::task::spawn_blocking(move || {
        let (specification, validator) = (service.specification(), service.validator());
        let from = ReturnsFolder { specification, validator, folder: folder.path() };
        release_from_manifest(from, (&manifest, Some(&counted)), &[], Telling::NOBODY)
    });
    made.await.expect("ends").expect("is made")
}

#[tokio::test]
async fn the_same_returns_give_the_same_files_with_no_service() {
    let house = accepted().await;
    let collector = house.account(Role::Collector).await;
    let draft = house.service.build_release(&collector, NewRelease::of(YEAR)).await.expect("is built");
    let rebuilt = again(&house, &draft, &draft.manifest, [1; 3]).await;
    assert_eq!(rebuilt.differences, []);
    let files = rebuilt.release.expect("is made").files;
    assert_eq!(files.len(), draft.files.len() + 2);
    for file in &draft.files {
        assert_eq!(Digest::of(&files[&file.name]), file.digest, "{}", file.name);
    }

    // One return is another one, and that is said before the files that differ because of it.
    let rebuilt = again(&house, &draft, &draft.manifest, [1, 2, 1]).await;
    let is_table = |one: &Difference| matches!(one, Difference::Table { authority, .. } if authority == "331");
    assert!(rebuilt.differences.first().is_some_and(is_table), "{:?}", rebuilt.differences);
    assert!(rebuilt.differences.contains(&Difference::File { name: "leavers_home.csv".to_owned() }));

    // The specification is another.
    let other = Digest::of(b"another specification");
    let altered = draft.manifest.replace(&house.service.specification().digest.to_string(), &other.to_string());
    let rebuilt = again(&house, &draft, &altered, [1; 3]).await;
    let here = house.service.specification().digest;
    assert_eq!(rebuilt.differences.first(), Some(&Difference::Specification { manifest: other, here }));
    assert_eq!(
        rebuilt.differences.len(),
        2,
        "the manifest itself differs, and no other file: {:?}",
        rebuilt.differences
    );
}

#[tokio::test]
async fn a_folder_of_returns_makes_a_release_and_says_what_it_left_out() {
    let house = House::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    for code in AUTHORITIES {
        std::fs::write(folder.path().join(format!("{code}.zip")), sample(YEAR, code, 1)).expect("writes");
    }
    std::fs::write(folder.path().join("broken.csv"), b"CHILD,UNKNOWN_COLUMN\n").expect("writes");
    let service = house.service.clone();
    let made = tokio::task::spawn_blocking(move || {
        let (specification, validator) = (service.specification(), service.validator());
        let collection = specification.collection(YEAR).expect("is a collection");
        let from = ReturnsFolder { specification, validator, folder: folder.path() };
        release_from_folder(from, collection, &Edition::first(collection), &[], Telling::NOBODY)
    });
    let made = made.await.expect("ends").expect("is made");
    assert_eq!(made.counted, AUTHORITIES);
    assert_eq!(made.left.len(), 1);
    let notes = String::from_utf8(made.release.files["notes.md"].clone()).expect("UTF-8");
    for said in
        ["accepted returns of 3 of 153 authorities", "came after the deadline is not known", "Nothing is imputed"]
    {
        assert!(notes.contains(said), "{notes}");
    }
}

#[tokio::test]
async fn a_release_of_the_service_is_verified_against_its_archive() {
    let house = accepted().await;
    let collector = house.account(Role::Collector).await;
    let draft = house.service.build_release(&collector, NewRelease::of(YEAR)).await.expect("is built");
    // A version that was counted and is superseded since is still the one that was counted.
    house.accept("331", &sample(YEAR, "331", 2)).await;
    let verified = house.service.verify_release(draft.id).await.expect("is made again");
    assert!(verified.holds(), "{verified:?}");

    let damaged = ObjectName::release_file(draft.id, "leavers_home.csv").expect("a name");
    house.data.archive.put(&damaged, bytes::Bytes::from_static(b"altered")).await.expect("puts");
    let filter = ReturnFilter { authority: Some("332".to_owned()), ..ReturnFilter::default() };
    let one = house.data.ledger.returns(&filter, Page::ALL).await.expect("lists").remove(0);
    let other = house.data.archive.list(Folder::TablesOf(one.id)).await.expect("lists");
    let names: Vec<&ObjectName> = other.iter().filter(|name| name.to_string().ends_with("children.parquet")).collect();
    let filter = ReturnFilter { authority: Some("330".to_owned()), ..ReturnFilter::default() };
    let another = house.data.ledger.returns(&filter, Page::ALL).await.expect("lists").remove(0);
    let theirs = ObjectName::table(another.id, "children").expect("a name");
    let bytes = house.data.archive.get(&theirs).await.expect("gets");
    house.data.archive.put(names[0], bytes).await.expect("puts");
    let verified = house.service.verify_release(draft.id).await.expect("is compared");
    assert_eq!(verified.damaged, ["leavers_home.csv"]);
    let table = Difference::Table { authority: "332".to_owned(), table: "children".to_owned() };
    assert_eq!(verified.differences.first(), Some(&table), "{:?}", verified.differences);
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
