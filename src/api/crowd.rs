//! How many connections each address has open, and what one more is told.

use super::observe::lines_on_every_answer;
use super::problems::{Problem, TOO_MANY_REQUESTS};
use crate::domain::network::{Network, client_of};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// How many are told at once that they are too many; others are cut off without a word.
const TOLD_AT_ONCE: usize = 64;
/// How long one of them may take to read it.
const TOLD_FOR: Duration = Duration::from_secs(1);
const RETRY_AFTER_SECONDS: u64 = 10;

/// The connections that are open, by address. A proxy that is trusted may have as many as it likes.
#[derive(Debug, Clone)]
pub(super) struct Crowd {
    open: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
    most: usize,
    proxies: Arc<[Network]>,
    /// Whether clients reach the service encrypted.
    encrypted: bool,
    told: Arc<Semaphore>,
}

/// A connection that is counted until this is dropped.
#[derive(Debug)]
pub(super) struct Counted {
    crowd: Crowd,
    address: Option<IpAddr>,
}

impl Crowd {
    pub(super) fn new(most: usize, proxies: Arc<[Network]>, encrypted: bool) -> Self {
        Self { open: Arc::default(), most, proxies, encrypted, told: Arc::new(Semaphore::new(TOLD_AT_ONCE)) }
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<IpAddr, usize>> {
        // Every change is whole, so a poisoned lock is still good.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one connection more, unless the address has as many as it may have.
    pub(super) fn count(&self, address: IpAddr) -> Option<Counted> {
        if self.proxies.iter().any(|network| network.contains(address)) {
            return Some(Counted { crowd: self.clone(), address: None });
        }
        let address = client_of(address);
        let mut open = self.open();
        let count = open.entry(address).or_insert(0);
        if *count >= self.most {
            return None;
        }
        *count += 1;
        drop(open);
        Some(Counted { crowd: self.clone(), address: Some(address) })
    }

    /// Tells a client that it has too many connections, if it speaks HTTP and few others are being told.
    pub(super) fn tell(&self, mut stream: TcpStream) {
        let Ok(place) = Arc::clone(&self.told).try_acquire_owned() else { return };
        let answer = answer(self.most, self.encrypted);
        tokio::spawn(async move {
            let told = async {
                // What was asked is read first, because closing before would take the answer back.
                let _ = stream.read(&mut [0; 16 * 1024]).await?;
                stream.write_all(&answer).await?;
                stream.shutdown().await
            };
            if !matches!(tokio::time::timeout(TOLD_FOR, told).await, Ok(Ok(()))) {
                tracing::debug!("a client with too many connections was cut off");
            }
            drop(place);
        });
    }
}

fn answer(most: usize, encrypted: bool) -> Vec<u8> {
    let detail = format!("This address has {most} connections open, which is as many as it may have.");
    let body = serde_json::to_string(&Problem::new(TOO_MANY_REQUESTS, detail)).unwrap_or_default();
    let head = format!(
        "HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/problem+json\r\nretry-after: {RETRY_AFTER_SECONDS}\r\n\
         {}connection: close\r\ncontent-length: {}\r\n\r\n",
        lines_on_every_answer(encrypted),
        body.len()
    );
    (head + &body).into_bytes()
}

impl Drop for Counted {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut open = self.crowd.open();
        if let Some(count) = open.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_connections_and_a_proxy_any() {
        let crowd = Crowd::new(1, Arc::from(["10.0.0.1".parse().expect("a range")]), false);
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        let first = crowd.count(address("192.0.2.1")).expect("is counted");
        assert!(crowd.count(address("::ffff:192.0.2.1")).is_none(), "it is the same address");
        assert!(crowd.count(address("192.0.2.2")).is_some());
        let sixth = crowd.count(address("2001:db8:0:1::1")).expect("is counted");
        assert!(crowd.count(address("2001:db8:0:1:ffff::2")).is_none(), "who has one address of a /64 has all of them");
        assert!(crowd.count(address("2001:db8:0:2::1")).is_some());
        drop(sixth);
        let proxies: Vec<_> = (0..5).map(|_| crowd.count(address("10.0.0.1"))).collect();
        assert!(proxies.iter().all(Option::is_some));
        drop(first);
        assert!(crowd.open().is_empty(), "who has none open is forgotten");
        assert!(crowd.count(address("192.0.2.1")).is_some());
    }
}
