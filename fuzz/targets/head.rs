//! Where a head ends: the same place for us, who only count, and for the parser.
#![no_main]
#![allow(dead_code, reason = "only a part of the source is called")]

#[path = "../../src/front/head.rs"]
mod head;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut ours = head::Head::default();
    // In pieces of whatever length, as a network has them.
    let piece = usize::from(data.first().copied().unwrap_or(0)) + 1;
    let taken: usize = data.chunks(piece).map(|piece| ours.take(piece)).sum();
    assert_eq!(taken, ours.length());

    let mut headers = [httparse::EMPTY_HEADER; 96];
    match httparse::Request::new(&mut headers).parse(data) {
        Ok(httparse::Status::Complete(length)) => {
            assert_eq!((ours.length(), ours.is_over()), (length, true));
        }
        Ok(httparse::Status::Partial) => {
            assert_eq!((ours.length(), ours.is_over()), (data.len(), false));
        }
        Err(_) => {} // it is refused, wherever it ends
    }
});
