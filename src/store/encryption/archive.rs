//! An archive whose objects are sealed, over any other.

use super::keyring::Keyring;
use super::seal::HEAD_BYTES;
use crate::store::archive::{Archive, Folder, ObjectName};
use crate::store::error::StoreError;
use async_trait::async_trait;
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::{MutexGuard, Notify};

/// Objects up to this size are sealed where the caller runs: a few microseconds.
const AT_ONCE: usize = 64 * 1024;

/// What the check of a key holds.
const CHECK: &[u8] = b"homeward";

/// Seals what it is given and opens what it gives. With no key it passes everything through, and names the key that is
/// missing where an object is sealed.
#[derive(Debug)]
pub struct SealedArchive {
    inner: Arc<dyn Archive>,
    keys: RwLock<Arc<Keyring>>,
    /// Keys whose check was seen in the archive by this process.
    vouched: Mutex<BTreeSet<String>>,
    /// Told when the keys change.
    changed: Notify,
    /// Whoever changes an object holds its place, so that resealing brings back nothing that was replaced or deleted.
    places: [tokio::sync::Mutex<()>; 64],
}

/// What resealing did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Objects that were sealed with the key in force.
    pub resealed: u64,
    /// Objects that could not be: their key is missing, or they are damaged.
    pub failed: u64,
}

impl SealedArchive {
    /// Over an archive, without keys so far.
    pub fn over(inner: Arc<dyn Archive>) -> Self {
        Self {
            inner,
            keys: RwLock::default(),
            vouched: Mutex::default(),
            changed: Notify::new(),
            places: std::array::from_fn(|_| tokio::sync::Mutex::new(())),
        }
    }

    /// Seals and opens with these keys from now on.
    pub fn use_keys(&self, keys: Keyring) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        self.vouched.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.changed.notify_one();
    }

    /// The keys in force.
    pub fn keys(&self) -> Arc<Keyring> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The archive beneath, whose objects are as they lie on disk: for copies that stay sealed.
    pub fn sealed_objects(&self) -> &Arc<dyn Archive> {
        &self.inner
    }

    /// Finds every key with which something is sealed among those in force, and the right one.
    pub async fn check_keys(&self) -> Result<(), StoreError> {
        let keys = self.keys();
        for name in self.inner.list(Folder::KeyChecks).await? {
            let bytes = match self.inner.get(&name).await {
                // Resealing has just removed the last object of this key.
                Err(StoreError::NoObject { .. }) => continue,
                bytes => bytes?,
            };
            keys.open(&name.to_string(), &bytes)?;
        }
        Ok(())
    }

    /// How many objects are sealed with each key; under no name those that are not sealed.
    pub async fn objects_by_key(&self) -> Result<BTreeMap<Option<String>, u64>, StoreError> {
        let mut counts = BTreeMap::new();
        for folder in Folder::CONTENT {
            for name in self.inner.list(folder).await? {
                match self.key_of(&name).await {
                    Err(StoreError::NoObject { .. }) => {}
                    key => *counts.entry(key?).or_default() += 1,
                }
            }
        }
        Ok(counts)
    }

    /// Seals every object with the key in force that is sealed with another one, or not at all. Others may use the archive
    /// meanwhile. `left` is told how many are left.
    pub async fn reseal(&self, left: impl Fn(u64)) -> Result<Resealed, StoreError> {
        let mut done = Resealed::default();
        let keys = self.keys();
        let Some(sealing) = keys.sealing_id() else { return Ok(done) };
        // Looked at until nothing is found: what was being put when the keys changed may have been sealed with the old one.
        loop {
            let (others, mut failed) = self.sealed_otherwise(sealing).await?;
            let mut waiting = others.len() as u64;
            left(waiting);
            let before = done.resealed;
            for name in others {
                match self.reseal_one(&name).await {
                    Ok(()) => done.resealed += 1,
                    Err(error @ (StoreError::KeyMissing { .. } | StoreError::SealBroken { .. })) => {
                        tracing::error!(%error, "an object cannot be resealed");
                        failed += 1;
                    }
                    Err(error) => return Err(error),
                }
                waiting -= 1;
                left(waiting + failed);
            }
            if done.resealed == before {
                done.failed = failed;
                break;
            }
        }
        if done.failed == 0 {
            self.forget_other_keys(sealing).await?;
        }
        Ok(done)
    }

    /// The objects that the key in force does not seal, and how many cannot be looked at.
    async fn sealed_otherwise(&self, sealing: &str) -> Result<(Vec<ObjectName>, u64), StoreError> {
        let (mut others, mut unknown) = (Vec::new(), 0);
        for folder in Folder::CONTENT {
            for name in self.inner.list(folder).await? {
                match self.key_of(&name).await {
                    Ok(Some(key)) if key == sealing => {}
                    Err(StoreError::NoObject { .. }) => {}
                    Ok(_) => others.push(name),
                    Err(error @ StoreError::Damaged { .. }) => {
                        tracing::error!(%error, "an object cannot be resealed");
                        unknown += 1;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok((others, unknown))
    }

    /// Reseals at once and whenever the keys change, until it is dropped. `left` is told how many are left.
    pub async fn keep_resealing(&self, left: impl Fn(u64)) {
        loop {
            match self.reseal(&left).await {
                Ok(Resealed { resealed: 0, failed: 0 }) => {}
                Ok(Resealed { resealed, failed }) => tracing::info!(resealed, failed, "resealed the archive"),
                Err(error) => tracing::error!(%error, "resealing broke off and begins again with the next start"),
            }
            self.changed.notified().await;
        }
    }

    async fn reseal_one(&self, name: &ObjectName) -> Result<(), StoreError> {
        let _place = self.place(name).await;
        let bytes = match self.inner.get(name).await {
            Err(StoreError::NoObject { .. }) => return Ok(()),
            bytes => bytes?,
        };
        let opened = self.opened(name, bytes).await?;
        let sealed = self.sealed(name, opened).await?;
        self.inner.put(name, sealed).await
    }

    /// Nothing is sealed with any other key, so that nobody needs to have it any more.
    async fn forget_other_keys(&self, sealing: &str) -> Result<(), StoreError> {
        let own = ObjectName::key_check(sealing)?;
        for name in self.inner.list(Folder::KeyChecks).await? {
            if name != own {
                self.inner.delete(&name).await?;
            }
        }
        Ok(())
    }

    async fn key_of(&self, name: &ObjectName) -> Result<Option<String>, StoreError> {
        let bytes = self.inner.beginning(name, HEAD_BYTES).await?;
        Ok(Keyring::key_of(&name.to_string(), &bytes)?.map(str::to_owned))
    }

    async fn place(&self, name: &ObjectName) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % self.places.len() as u64).unwrap_or(0);
        self.places[place].lock().await
    }

    async fn opened(&self, name: &ObjectName, bytes: Bytes) -> Result<Bytes, StoreError> {
        let (keys, name, kept) = (self.keys(), name.to_string(), bytes.clone());
        let opened = off_the_listener(&name.clone(), kept.len(), move || keys.open(&name, &kept)).await?;
        Ok(opened.map_or(bytes, Bytes::from))
    }

    /// Before the first object of a key there is its check.
    async fn sealed(&self, name: &ObjectName, bytes: Bytes) -> Result<Bytes, StoreError> {
        let keys = self.keys();
        let Some(key) = keys.sealing_id() else { return Ok(bytes) };
        if !self.vouched.lock().unwrap_or_else(PoisonError::into_inner).contains(key) {
            self.vouch_for(key, &keys).await?;
        }
        let (keys, name, kept) = (Arc::clone(&keys), name.to_string(), bytes.clone());
        let sealed = off_the_listener(&name.clone(), kept.len(), move || keys.seal(&name, &kept)).await?;
        Ok(sealed.map_or(bytes, Bytes::from))
    }

    async fn vouch_for(&self, key: &str, keys: &Keyring) -> Result<(), StoreError> {
        let check = ObjectName::key_check(key)?;
        match self.inner.get(&check).await {
            Ok(bytes) => {
                keys.open(&check.to_string(), &bytes)?;
            }
            Err(StoreError::NoObject { .. }) => {
                let sealed = keys.seal(&check.to_string(), CHECK)?.unwrap_or_default();
                self.inner.put(&check, Bytes::from(sealed)).await?;
            }
            Err(error) => return Err(error),
        }
        self.vouched.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned());
        Ok(())
    }
}

/// Sealing a large object takes milliseconds, which no thread that listens must give.
async fn off_the_listener<T: Send + 'static>(
    name: &str,
    bytes: usize,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    if bytes <= AT_ONCE {
        return work();
    }
    let ended = |_| StoreError::Sealing { name: name.to_owned(), problem: "the work ended in a panic".to_owned() };
    tokio::task::spawn_blocking(work).await.map_err(ended)?
}

#[async_trait]
impl Archive for SealedArchive {
    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        let sealed = self.sealed(name, bytes).await?;
        let _place = self.place(name).await;
        self.inner.put(name, sealed).await
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        let bytes = self.inner.get(name).await?;
        self.opened(name, bytes).await
    }

    async fn beginning(&self, name: &ObjectName, at_most: usize) -> Result<Bytes, StoreError> {
        let whole = self.get(name).await?;
        Ok(whole.slice(..at_most.min(whole.len())))
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        let _place = self.place(name).await;
        self.inner.delete(name).await
    }

    async fn list(&self, folder: Folder) -> Result<Vec<ObjectName>, StoreError> {
        self.inner.list(folder).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.inner.ready().await?;
        self.check_keys().await
    }
}

#[cfg(test)]
mod tests;
