//! Series as Prometheus's remote write 1.0 takes them: the protobuf of a `WriteRequest`. On its way it
//! is compressed with snappy's block format, which is for whoever sends it.

use crate::Labels;

/// Headers that go with it, besides those of HTTP.
pub const HEADERS: [(&str, &str); 3] = [
    ("Content-Type", "application/x-protobuf"),
    ("Content-Encoding", "snappy"),
    ("X-Prometheus-Remote-Write-Version", "0.1.0"),
];

/// A request that is being made.
#[derive(Clone, Debug, Default)]
pub struct WriteRequest {
    bytes: Vec<u8>,
    series: Vec<u8>,
    part: Vec<u8>,
}

impl WriteRequest {
    /// One without series.
    pub fn new() -> Self {
        WriteRequest::default()
    }

    /// Adds a series: its labels, `__name__` among them, and samples in order of time (Unix time in
    /// milliseconds, value; the value of a stale marker is kept to the bit).
    pub fn push(&mut self, labels: &Labels, samples: impl IntoIterator<Item = (i64, f64)>) {
        self.series.clear();
        for (name, value) in labels.iter() {
            self.part.clear();
            field(&mut self.part, 1, name.as_bytes());
            field(&mut self.part, 2, value.as_bytes());
            field(&mut self.series, 1, &self.part);
        }
        for (time_ms, value) in samples {
            self.part.clear();
            // A fixed64, then a varint.
            self.part.push(1 << 3 | 1);
            self.part.extend(value.to_bits().to_le_bytes());
            self.part.push(2 << 3);
            varint(&mut self.part, time_ms.cast_unsigned());
            field(&mut self.series, 2, &self.part);
        }
        field(&mut self.bytes, 1, &self.series);
    }

    /// The bytes so far.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes all series away and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }
}

/// A field that has a length, with a number below 16.
fn field(bytes: &mut Vec<u8>, number: u8, content: &[u8]) {
    bytes.push(number << 3 | 2);
    varint(bytes, content.len() as u64);
    bytes.extend(content);
}

fn varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_laid_out_as_protobuf_is() {
        let mut request = WriteRequest::new();
        let labels = Labels::new([("a", "x".repeat(130))]).with("__name__", "up");
        request.push(&labels, [(300, 1.5), (-1, -0.0)]);
        let mut expected = vec![1 << 3 | 2];
        // Its length, in two bytes.
        let name = b"\x0a\x0e\x0a\x08__name__\x12\x02up";
        let label = [
            b"\x0a\x88\x01\x0a\x01a\x12\x82\x01".as_slice(),
            &[b'x'; 130],
        ]
        .concat();
        let first = b"\x12\x0c\x09\0\0\0\0\0\0\xf8\x3f\x10\xac\x02";
        let second = b"\x12\x14\x09\0\0\0\0\0\0\0\x80\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        let series = [&name[..], &label, first, second].concat();
        expected.extend([series.len() as u8 | 0x80, (series.len() >> 7) as u8]);
        expected.extend(series);
        assert_eq!(request.as_bytes(), expected);
        request.clear();
        assert!(request.as_bytes().is_empty());
    }
}
