//! Whether another upload is taken on: how many are under way, how many bytes they have, how much room the disks have.
//!
//! It is decided before the first byte of a body is read, and again as a body grows whose length was not announced. Whoever is
//! refused is told when to try again; nothing of a refused upload is kept.

use super::Service;
use super::authorise::Account;
use super::error::FlowError;
use crate::domain::identifier::KeyId;
use crate::store::DiskRoom;
use crate::telemetry::Limit;
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a client is asked to wait where others must end first.
const RETRY_AFTER_SECONDS: u64 = 10;
/// A body without an announced length takes room in steps of this many bytes.
const STEP: u64 = 4 * 1024 * 1024;
/// The place of the spool's disk among those that are looked at.
const SPOOL: usize = 0;
/// For each byte of an upload its original, report and tables take at most about so many more on the disk of the data folder.
const KEPT_PER_BYTE: u64 = 2;

/// What the service takes on at the same time.
#[derive(Debug, Clone)]
pub struct Limits {
    pub uploads_per_key: usize,
    pub uploads_per_address: usize,
    pub uploads: usize,
    /// Bytes of all uploads under way.
    pub spool_bytes: u64,
    /// Bytes that stay free on the disks.
    pub reserve_bytes: u64,
    /// The folders of which the disks are looked at: the spool, then the data folder.
    pub disks: Vec<PathBuf>,
    /// Memory for what workers read at once.
    pub memory_bytes: u64,
    /// After this a piece of work counts as wedged.
    pub wedged: Duration,
}

impl Default for Limits {
    /// No limit but those of the machine: for a service that has no clients.
    fn default() -> Self {
        Self {
            uploads_per_key: usize::MAX,
            uploads_per_address: usize::MAX,
            uploads: usize::MAX,
            spool_bytes: u64::MAX,
            reserve_bytes: 0,
            disks: Vec::new(),
            memory_bytes: u64::MAX,
            wedged: Duration::from_secs(300),
        }
    }
}

/// The uploads that are under way.
#[derive(Debug, Default)]
pub(super) struct Admission(Mutex<UnderWay>);

#[derive(Debug, Default)]
struct UnderWay {
    of_key: BTreeMap<KeyId, usize>,
    of_address: BTreeMap<IpAddr, usize>,
    uploads: usize,
    /// Announced or arrived.
    bytes: u64,
    /// Of those, the ones that lie on the disk.
    arrived: u64,
}

impl Admission {
    fn lock(&self) -> MutexGuard<'_, UnderWay> {
        // The counts are whole whatever a thread that held them did, so a poisoned lock is still good.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many uploads are under way, and their bytes.
    pub(super) fn under_way(&self) -> (usize, u64) {
        let inside = self.lock();
        (inside.uploads, inside.bytes)
    }
}

/// A disk that has too little room.
#[derive(Debug)]
struct ShortDisk {
    /// The spool or the data folder.
    folder: PathBuf,
    free: u64,
    /// With the reserve and what is under way.
    needed: u64,
}

impl fmt::Display for ShortDisk {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = self.folder.display();
        write!(out, "the disk of {folder} has {} bytes free, and {} are needed", self.free, self.needed)
    }
}

/// An upload that was taken on. Its share of the limits is given back when this is dropped.
#[derive(Debug)]
pub struct UploadUnderWay {
    service: Service,
    key: KeyId,
    address: IpAddr,
    /// The bytes it has room for.
    bytes: u64,
    /// The bytes that came.
    arrived: u64,
}

impl Service {
    /// Takes on an upload of the announced length, or says why not and when to try again.
    pub async fn take_on(
        &self,
        account: &Account,
        address: IpAddr,
        announced: Option<u64>,
    ) -> Result<UploadUnderWay, FlowError> {
        if self.pool().is_full() {
            self.metrics().refused(Limit::Queue);
            return Err(FlowError::Busy { retry_after_seconds: RETRY_AFTER_SECONDS });
        }
        let mut upload = self.count_in(account.key, address).inspect_err(|limited| self.note_refusal(limited))?;
        upload.make_room(announced.unwrap_or(0)).await?;
        Ok(upload)
    }

    /// Uploads that are under way, and their bytes.
    pub fn uploads_under_way(&self) -> (usize, u64) {
        self.admission().under_way()
    }

    fn count_in(&self, key: KeyId, address: IpAddr) -> Result<UploadUnderWay, FlowError> {
        let limits = self.limits();
        let mut inside = self.admission().lock();
        let of_key = inside.of_key.get(&key).copied().unwrap_or(0);
        let of_address = inside.of_address.get(&address).copied().unwrap_or(0);
        let retry_after_seconds = RETRY_AFTER_SECONDS;
        if of_key >= limits.uploads_per_key {
            let most = limits.uploads_per_key;
            return Err(FlowError::TooManyUploads { whose: "key", most, retry_after_seconds });
        }
        if of_address >= limits.uploads_per_address {
            let most = limits.uploads_per_address;
            return Err(FlowError::TooManyUploads { whose: "address", most, retry_after_seconds });
        }
        if inside.uploads >= limits.uploads {
            return Err(FlowError::Busy { retry_after_seconds });
        }
        inside.of_key.insert(key, of_key + 1);
        inside.of_address.insert(address, of_address + 1);
        inside.uploads += 1;
        drop(inside);
        Ok(UploadUnderWay { service: self.clone(), key, address, bytes: 0, arrived: 0 })
    }

    fn note_refusal(&self, error: &FlowError) {
        match error {
            FlowError::TooManyUploads { whose: "key", .. } => self.metrics().refused(Limit::UploadsOfKey),
            FlowError::TooManyUploads { .. } => self.metrics().refused(Limit::UploadsOfAddress),
            _ => self.metrics().refused(Limit::Uploads),
        }
    }

    /// Why every upload is refused at this moment, where a disk has less room than is to stay free.
    pub async fn refuses_uploads(&self) -> Option<String> {
        self.short_disk().await.map(|short| short.to_string())
    }

    /// The first disk that has no room for all that was taken on, with the reserve left.
    async fn short_disk(&self) -> Option<ShortDisk> {
        let limits = self.limits();
        let (disks, reserve) = (limits.disks.clone(), limits.reserve_bytes);
        let (to_come, bytes) = {
            let inside = self.admission().lock();
            (inside.bytes.saturating_sub(inside.arrived), inside.bytes)
        };
        let looked = tokio::task::spawn_blocking(move || {
            let short = |(at, folder): (usize, &PathBuf)| {
                let kept = if at == SPOOL { 0 } else { bytes.saturating_mul(KEPT_PER_BYTE) };
                let needed = reserve.saturating_add(to_come).saturating_add(kept);
                // A disk that cannot be asked refuses nothing: writing to it will tell what is wrong.
                let free = DiskRoom::of(folder).ok()?.free;
                (free < needed).then(|| ShortDisk { folder: folder.clone(), free, needed })
            };
            disks.iter().enumerate().find_map(short)
        });
        looked.await.ok().flatten()
    }
}

impl UploadUnderWay {
    /// More bytes came: room is made for them where they were not announced.
    pub async fn arrived(&mut self, bytes: u64) -> Result<(), FlowError> {
        self.arrived += bytes;
        self.service.admission().lock().arrived += bytes;
        if self.arrived > self.bytes {
            let more = (self.arrived - self.bytes).div_ceil(STEP) * STEP;
            self.make_room(more).await?;
        }
        Ok(())
    }

    async fn make_room(&mut self, more: u64) -> Result<(), FlowError> {
        let metrics = self.service.metrics();
        {
            let mut inside = self.service.admission().lock();
            if inside.bytes.saturating_add(more) > self.service.limits().spool_bytes {
                metrics.refused(Limit::SpoolBytes);
                return Err(FlowError::Busy { retry_after_seconds: RETRY_AFTER_SECONDS });
            }
            inside.bytes += more;
        }
        // From here on dropping this gives it back.
        self.bytes += more;
        if let Some(ShortDisk { folder, free, needed }) = self.service.short_disk().await {
            metrics.refused(Limit::DiskSpace);
            let folder = folder.display();
            tracing::error!(
                %folder,
                free,
                needed,
                upload_bytes = self.bytes,
                "an upload was refused, because a disk has not enough room (limits.reserve_bytes)"
            );
            return Err(FlowError::NoSpace);
        }
        Ok(())
    }
}

impl Drop for UploadUnderWay {
    fn drop(&mut self) {
        let mut inside = self.service.admission().lock();
        inside.uploads -= 1;
        inside.bytes -= self.bytes;
        inside.arrived -= self.arrived;
        leave(&mut inside.of_key, &self.key);
        leave(&mut inside.of_address, &self.address);
    }
}

/// One fewer; who has none left is forgotten.
fn leave<K: Ord>(counts: &mut BTreeMap<K, usize>, whose: &K) {
    if let Some(count) = counts.get_mut(whose) {
        *count -= 1;
        if *count == 0 {
            counts.remove(whose);
        }
    }
}
