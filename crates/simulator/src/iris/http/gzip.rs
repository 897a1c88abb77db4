//! Gzip: a body, and a bomb made without ever holding what it unpacks to.

use std::io::{self, Write};

use actix_web::web::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress, write::GzEncoder};

/// Bytes that are repeated.
const BLOCK: usize = 1 << 20;
/// How often the block is repeated: a gigabyte.
const BLOCKS: usize = 1_024;

/// A body.
pub(crate) fn compress(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

/// About 1 MB that unpacks to 1 GB of comments: one compressed block over and over, which a full
/// flush allows.
pub(crate) fn bomb() -> io::Result<Bytes> {
    let line = b"# simulated by vitals: invented\n";
    let block: Vec<u8> = line.iter().copied().cycle().take(BLOCK).collect();
    let mut packed = Vec::with_capacity(BLOCK / 10);
    let mut compress = Compress::new(Compression::fast(), false);
    compress
        .compress_vec(&block, &mut packed, FlushCompress::Full)
        .map_err(io::Error::other)?;

    let (mut crc, mut one) = (Crc::new(), Crc::new());
    one.update(&block);
    for _ in 0..BLOCKS {
        crc.combine(&one);
    }
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    for _ in 0..BLOCKS {
        out.extend_from_slice(&packed);
    }
    // An empty last block.
    out.extend_from_slice(&[3, 0]);
    out.extend_from_slice(&crc.sum().to_le_bytes());
    out.extend_from_slice(&crc.amount().to_le_bytes());
    Ok(out.into())
}
