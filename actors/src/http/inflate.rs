//! Bodies that were compressed, up to a bound: a small one can stand for a huge one.

use std::io::Read;

use bytes::Bytes;
use flate2::read::{MultiGzDecoder, ZlibDecoder};

use crate::{collector::Reason, net::Failure};

/// The body as it was before a server compressed it.
pub(super) fn inflate(body: Bytes, encoding: &str, limit: usize) -> Result<Bytes, Failure> {
    match encoding.trim().to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(body),
        "gzip" | "x-gzip" => read(MultiGzDecoder::new(&body[..]), limit),
        "deflate" => read(ZlibDecoder::new(&body[..]), limit),
        _ => {
            let detail = "the body is encoded in a way that was not asked for";
            Err(Failure::new(Reason::Http, detail))
        }
    }
}

fn read(decoder: impl Read, limit: usize) -> Result<Bytes, Failure> {
    let mut body = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    match decoder.take(most).read_to_end(&mut body) {
        Ok(_) if body.len() > limit => Err(too_large(limit)),
        Ok(_) => Ok(body.into()),
        Err(_) => Err(Failure::new(
            Reason::Truncated,
            "the compressed body is broken",
        )),
    }
}

/// The body, compressed or not, is beyond the bound.
pub(super) fn too_large(limit: usize) -> Failure {
    let detail = format!("the body is larger than {limit} bytes");
    Failure::new(Reason::TooLarge, detail)
}
