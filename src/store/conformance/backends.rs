//! The backends that must pass.

use super::{archive, ledger_cases};
use crate::domain::evidence::Signer;
use crate::store::{Keyring, NoObserver, ObjectArchive, SealedArchive, SqliteLedger};
use object_store::memory::InMemory;
use std::sync::Arc;

#[tokio::test]
async fn sqlite_is_a_ledger() {
    for (name, case) in ledger_cases() {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = SqliteLedger::open(&folder.path().join("ledger.sqlite"), Arc::new(NoObserver)).await;
        println!("{name}");
        case(&ledger.expect("opens").signing_with(Signer::from_secret(&[1; 32]))).await;
    }
}

#[tokio::test]
async fn a_folder_is_an_archive() {
    for (name, case) in archive::ALL {
        let folder = tempfile::tempdir().expect("a folder");
        println!("{name}");
        case(&ObjectArchive::in_folder(folder.path()).expect("opens")).await;
    }
}

#[tokio::test]
async fn an_object_store_is_an_archive() {
    for (name, case) in archive::ALL {
        println!("{name}");
        case(&ObjectArchive::over(Arc::new(InMemory::new()))).await;
    }
}

#[tokio::test]
async fn a_sealed_archive_is_an_archive() {
    for (name, case) in archive::ALL {
        println!("{name}");
        let archive = SealedArchive::over(Arc::new(ObjectArchive::over(Arc::new(InMemory::new()))));
        archive.use_keys(Keyring::parse(&Keyring::new_line("one").expect("makes")).expect("parses"));
        case(&archive).await;
        let counts = archive.objects_by_key().await.expect("counts");
        assert!(!counts.contains_key(&None), "{name}: an object is not sealed");
    }
}
