//! limitk and limit_ratio: some of the series, the same ones each time.

use std::collections::HashMap;

use exposition::Labels;

use super::{grouping_labels, ranking::whole_numbers};
use crate::{
    error::{Error, Result},
    eval::{ABSENT, Evaluator, Row, Series, Stream},
    expr::LabelList,
};

/// Per group and step, the first `k` that have a sample.
pub(super) fn first<'q>(
    input: Stream<'q>,
    by: Option<&'q LabelList>,
    k: &Row,
) -> Result<Stream<'q>> {
    let k = whole_numbers(k)?;
    let mut taken: HashMap<Labels, Vec<usize>> = HashMap::new();
    let limited = input.map(move |series| {
        let series = series?;
        let group = taken.entry(grouping_labels(&series.labels, by));
        let taken = group.or_insert_with(|| vec![0; k.len()]);
        Ok(series.map(|step, value| {
            if taken[step] >= k[step] {
                return ABSENT;
            }
            taken[step] += 1;
            value
        }))
    });
    Ok(present(limited))
}

/// About that part of the series; of a negative one, those that its complement leaves.
pub(super) fn ratio<'q>(
    ev: &'q Evaluator<'q>,
    input: Stream<'q>,
    mut ratio: Row,
) -> Result<Stream<'q>> {
    for ratio in ratio.iter_mut() {
        if ratio.is_nan() {
            return Err(Error::execution("Ratio value NaN is NaN"));
        }
        let capped = ratio.clamp(-1.0, 1.0);
        if capped != *ratio {
            ev.notes.ratio(*ratio, capped);
            *ratio = capped;
        }
    }
    let limited = input.map(move |series| {
        let series = series?;
        let place = place(&series.labels);
        Ok(series.map(|step, value| {
            let ratio = ratio[step];
            let is_taken = if ratio >= 0.0 {
                place < ratio
            } else {
                place >= 1.0 + ratio
            };
            if is_taken { value } else { ABSENT }
        }))
    });
    Ok(present(limited))
}

fn present<'q>(limited: impl Iterator<Item = Result<Series>> + 'q) -> Stream<'q> {
    Box::new(limited.filter(|one| one.as_ref().map_or(true, Series::has_samples)))
}

/// Where in [0, 1) a series has its place by its labels: FNV-1a, stirred so that all bits of it depend
/// on all of them.
fn place(labels: &Labels) -> f64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let texts = labels.iter().flat_map(|(name, value)| [name, value]);
    for byte in texts.flat_map(|text| text.bytes().chain([0xff])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    for multiplier in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        hash = (hash ^ (hash >> 33)).wrapping_mul(multiplier);
    }
    // As many bits as a float has, so that it stays below 1.
    ((hash ^ (hash >> 33)) >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_spread_evenly() {
        let mut tenths = [0; 10];
        for number in 0..10_000 {
            let labels = Labels::new([("instance", format!("host-{number}:9090"))]);
            tenths[(place(&labels) * 10.0) as usize] += 1;
        }
        for count in tenths {
            assert!((900..1_100).contains(&count), "{tenths:?}");
        }
    }
}
