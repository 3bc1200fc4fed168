//! Zstandard, for the bytes of uploads and the reports.

use super::error::StoreError;
use bytes::Bytes;
use std::io::Read;

/// Speed before size: originals are mostly ZIPs already.
const LEVEL: i32 = 3;

/// Compresses everything that a reader gives.
pub fn compress(from: impl Read) -> std::io::Result<Bytes> {
    zstd::encode_all(from, LEVEL).map(Bytes::from)
}

/// Expands what [`compress`] made, to at most a number of bytes: a damaged object must not fill the memory.
pub fn expand(bytes: &[u8], at_most: u64) -> Result<Bytes, StoreError> {
    let damaged = |problem: String| StoreError::damaged("a compressed object", problem);
    let decoder = zstd::Decoder::new(bytes).map_err(|error| damaged(error.to_string()))?;
    let mut out = Vec::new();
    decoder.take(at_most.saturating_add(1)).read_to_end(&mut out).map_err(|error| damaged(error.to_string()))?;
    if out.len() as u64 > at_most {
        return Err(damaged(format!("it is larger than {at_most} bytes when expanded")));
    }
    Ok(Bytes::from(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compressed_expands_again_within_its_cap() {
        let bytes = compress(&b"CHILD,SEX\nabcdefgh,F\n"[..]).expect("compresses");
        assert_eq!(expand(&bytes, 21).expect("expands").as_ref(), b"CHILD,SEX\nabcdefgh,F\n");
        assert!(matches!(expand(&bytes, 20), Err(StoreError::Damaged { .. })));
        assert!(matches!(expand(b"not zstandard", 20), Err(StoreError::Damaged { .. })));
    }
}
