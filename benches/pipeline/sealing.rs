//! What encryption at rest costs: an object put and read back, sealed against plain, on local disk.

use bytes::Bytes;
use criterion::{Criterion, Throughput};
use homeward::domain::identifier::ReturnId;
use homeward::store::{Archive, Keyring, ObjectArchive, ObjectName, SealedArchive};
use std::hint::black_box;
use std::sync::Arc;

/// A report, an upload, a large table.
const SIZES: [usize; 3] = [4 << 10, 256 << 10, 8 << 20];

pub(crate) fn add(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut group = criterion.benchmark_group("sealing");
    for size in SIZES {
        group.throughput(Throughput::Bytes(size as u64));
        for (name, keys) in [("plain", Keyring::none()), ("sealed", ring())] {
            let folder = tempfile::tempdir().expect("a folder");
            let archive = SealedArchive::over(Arc::new(ObjectArchive::in_folder(folder.path()).expect("opens")));
            archive.use_keys(keys);
            let object = ObjectName::original(ReturnId::new(chrono::DateTime::UNIX_EPOCH));
            let bytes = Bytes::from(vec![7; size]);
            group.bench_function(format!("put_and_get/{size}/{name}"), |bencher| {
                bencher.to_async(&runtime).iter(|| async {
                    archive.put(&object, bytes.clone()).await.expect("puts");
                    black_box(archive.get(&object).await.expect("gets"))
                });
            });
        }
        // Without the disk: what the processor does.
        let (keys, bytes) = (ring(), vec![7; size]);
        group.bench_function(format!("in_memory/{size}"), |bencher| {
            bencher.iter(|| {
                let sealed = keys.seal("originals/x", &bytes).expect("seals").expect("has a key");
                black_box(keys.open("originals/x", &sealed).expect("opens"))
            });
        });
    }
    group.finish();
}

fn ring() -> Keyring {
    Keyring::parse(&Keyring::new_line("bench").expect("makes")).expect("parses")
}
