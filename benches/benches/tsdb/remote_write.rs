//! Prometheus remote write, version 1: snappy over protobuf.

use crate::series::{Mix, at, labels};

/// Ticks of all series in a request, as senders gather them.
const TICKS: usize = 12;

/// Requests, one after the other: bodies, and how many samples are in them.
pub(crate) struct Requests {
    mix: Mix,
    labels: Vec<Vec<u8>>,
    tick: usize,
    ticks: usize,
    rows: Vec<Vec<f64>>,
}

impl Requests {
    pub(crate) fn new(series: usize, ticks: usize) -> Self {
        Requests {
            mix: Mix::new(series),
            labels: (0..series).map(encoded).collect(),
            tick: 0,
            ticks,
            rows: vec![Vec::new(); TICKS],
        }
    }
}

impl Iterator for Requests {
    type Item = (Vec<u8>, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let ticks = TICKS.min(self.ticks - self.tick);
        if ticks == 0 {
            return None;
        }
        for row in &mut self.rows[..ticks] {
            self.mix.tick(row);
        }
        let (mut request, mut series) = (Vec::new(), Vec::new());
        for (n, labels) in self.labels.iter().enumerate() {
            series.clear();
            series.extend_from_slice(labels);
            for (row, tick) in self.rows[..ticks].iter().zip(self.tick..) {
                let mut sample = vec![0x09]; // 1: double
                sample.extend_from_slice(&row[n].to_le_bytes());
                sample.push(0x10); // 2: int64
                varint(&mut sample, at(tick) as u64);
                field(&mut series, 0x12, &sample); // TimeSeries.samples
            }
            field(&mut request, 0x0a, &series); // WriteRequest.timeseries
        }
        self.tick += ticks;
        let body = snap::raw::Encoder::new().compress_vec(&request);
        Some((body.expect("in memory"), ticks * self.labels.len()))
    }
}

/// TimeSeries.labels, sorted by name.
fn encoded(n: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in labels(n) {
        let mut label = Vec::new();
        field(&mut label, 0x0a, name.as_bytes());
        field(&mut label, 0x12, value.as_bytes());
        field(&mut out, 0x0a, &label);
    }
    out
}

fn field(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}
