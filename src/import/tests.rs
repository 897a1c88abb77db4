//! What is read of good and of bad input.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    convert::Infallible,
    io::Write,
};

use flate2::{Compression, write::GzEncoder};
use promql::{STALE_BITS, series_text};
use proptest::prelude::*;

use super::*;

#[derive(Default)]
struct Store {
    names: Vec<String>,
    samples: BTreeMap<(String, i64), u64>,
    made: usize,
}

impl Taker for Store {
    type Series = usize;
    type Error = Infallible;

    fn series(&mut self, labels: &Labels) -> Result<usize, Infallible> {
        self.made += 1;
        self.names.push(series_text(labels));
        Ok(self.names.len() - 1)
    }

    fn take(&mut self, series: usize, time: i64, value: f64) -> Result<(), Infallible> {
        if let Entry::Vacant(vacant) = self.samples.entry((self.names[series].clone(), time)) {
            vacant.insert(value.to_bits());
        }
        Ok(())
    }
}

fn input(bytes: impl Into<Vec<u8>>) -> Input {
    Input::of(io::Cursor::new(bytes.into()), None).unwrap()
}

fn taken(bytes: impl Into<Vec<u8>>) -> (Tally, Store) {
    let mut store = Store::default();
    let tally = read(&mut input(bytes), None, &mut store, |_, _| {}).unwrap();
    (tally, store)
}

fn plain(store: &Store) -> Vec<(&str, i64, f64)> {
    let all = store.samples.iter();
    all.map(|((name, time), bits)| (&**name, *time, f64::from_bits(*bits)))
        .collect()
}

const OPEN_METRICS: &str = "# TYPE up unknown\n\
    up{job=\"b\"} 1 1790000000.007\n\
    up{job=\"a\"} 2 1790000000\n\
    up{job=\"a\"} 3 1790000001000\n\
    \n\
    up{job=\"a\"} 4\n\
    up{job=\"a\" 4\n\
    up{job=\"b\"} 5 1790000000.006 # {trace=\"x\"} 1\n\
    # EOF\n";

#[test]
fn open_metrics_comes_in_any_order_and_bad_lines_are_named() {
    let (tally, store) = taken(OPEN_METRICS);
    assert_eq!(
        plain(&store),
        [
            ("up{job=\"a\"}", 1_790_000_000_000, 2.0),
            ("up{job=\"a\"}", 1_790_000_001_000, 3.0),
            ("up{job=\"b\"}", 1_790_000_000_006, 5.0),
            ("up{job=\"b\"}", 1_790_000_000_007, 1.0),
        ]
    );
    assert_eq!(store.made, 2, "each series once");
    assert_eq!((tally.lines, tally.samples, tally.dropped), (9, 4, 2));
    let bad = [(6, "no timestamp"), (7, "not a line of the text format")];
    assert_eq!(tally.first, bad.map(|(line, why)| (line, why.to_owned())));
    assert_eq!(tally.span, Some((1_790_000_000_000, 1_790_000_001_000)));
    assert!(!tally.is_cut);
    // Cut off, the last number may be only a part of itself.
    let (cut, store) = taken("up 1 1790000000.000\nup 1 179000");
    assert!(cut.is_cut && store.samples.len() == 1);
    assert_eq!(
        cut.first,
        [(2, "the file ends in the middle of it".to_owned())]
    );
}

#[test]
fn json_lines_are_read_and_bad_ones_are_named() {
    let (tally, store) = taken(
        "{\"metric\":{\"__name__\":\"up\",\"job\":\"a\\\"\"},\"values\":[1,-0.5,null,\"Infinity\",\"-Infinity\"],\"timestamps\":[5,4,3,2,1]}\n\
         \n\
         {\"metric\":{\"__name__\":\"up\"},\"values\":[1,2],\"timestamps\":[5]}\n\
         {\"metric\":{\"job\":\"a\"},\"values\":[1],\"timestamps\":[5]}\n\
         {\"metric\":{\"__name__\":\"a b\"},\"values\":[1],\"timestamps\":[5]}\n\
         {\"metric\":{\"__name__\":\"up\",\"a-b\":\"\"},\"values\":[1],\"timestamps\":[5]}\n\
         {\"metric\":{\"__name__\":\"up\"},\"values\":[\"one\"],\"timestamps\":[5]}\n\
         {\"metric\":{\"__name__\":\"up\"},\"values\":[7],\"timestamps\":[5]}",
    );
    let bits: Vec<_> = store.samples.values().copied().collect();
    let a = [
        f64::NEG_INFINITY,
        f64::INFINITY,
        f64::from_bits(STALE_BITS),
        -0.5,
        1.0,
    ];
    let expected = [&[7.0][..], &a].concat();
    assert_eq!(
        bits,
        expected
            .iter()
            .map(|value| value.to_bits())
            .collect::<Vec<_>>()
    );
    assert_eq!((tally.samples, tally.dropped, tally.is_cut), (6, 5, false));
    let lines: Vec<_> = tally.first.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7]);
    let whys: Vec<_> = tally.first.iter().map(|(_, why)| &why[..7]).collect();
    assert_eq!(
        whys,
        ["2 value", "no __na", "`a b` i", "`a-b` i", "invalid"]
    );
}

#[test]
fn what_is_compressed_is_recognised_and_what_breaks_off_is_an_error() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(OPEN_METRICS.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    assert_eq!(taken(packed.clone()).0.samples, 4);
    assert_eq!(taken([&packed[..], &packed].concat()).0.samples, 8);
    let mut cut = input(&packed[..packed.len() - 10]);
    let error = read(&mut cut, None, &mut Store::default(), |_, _| {})
        .err()
        .unwrap();
    assert!(error.to_string().starts_with("line "), "{error}");
}

#[test]
fn a_line_that_is_too_long_is_passed_over() {
    let mut text = vec![b'x'; (64 << 20) + 5];
    text.extend_from_slice(b"\nup 1 1790000000.000\n# EOF\n");
    let (tally, _) = taken(text);
    assert_eq!((tally.lines, tally.samples, tally.dropped), (3, 1, 1));
    assert!(tally.first[0].1.contains("64 MiB"));
}

proptest! {
    #[test]
    fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[{}\"\\[\\]:,a-z_0-9 \n#]{0,200}") {
        // A gzip that is none may break off.
        let _ = Input::of(io::Cursor::new(bytes), None)
            .map(|mut input| read(&mut input, None, &mut Store::default(), |_, _| {}).is_ok());
        taken(text);
    }

    #[test]
    fn every_number_of_json_is_read_bit_for_bit(number in any::<f64>()) {
        prop_assume!(number.is_finite());
        let (tally, store) = taken(format!("{{\"metric\":{{\"__name__\":\"x\"}},\"values\":[{number:?}],\"timestamps\":[1]}}"));
        prop_assert_eq!(tally.samples, 1);
        prop_assert_eq!(store.samples.values().next(), Some(&number.to_bits()));
    }
}
