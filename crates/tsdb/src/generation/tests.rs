use proptest::prelude::*;

use super::*;

fn decoded(generation: &Generation, series: SeriesRef) -> Vec<(i64, u64)> {
    decoded_from(generation, series, i64::MIN)
}

fn decoded_from(generation: &Generation, series: SeriesRef, from: i64) -> Vec<(i64, u64)> {
    let (mut copied, mut times, mut values) = (Copied::default(), Vec::new(), Vec::new());
    if generation.copy(series, from, &mut copied) {
        copied.decode(&mut times, &mut values);
    }
    times
        .into_iter()
        .zip(values.iter().map(|v| v.to_bits()))
        .collect()
}

fn append(generation: &Generation, t: i64, series: SeriesRef, v: f64) -> Verdict {
    let mut verdict = Verdict::Taken;
    generation.append(t, &[(series, v)], |_, _, told| verdict = told);
    verdict
}

#[test]
fn late_samples_find_their_place_and_the_first_of_two_stays() {
    let generation = Generation::new(1);
    let series = SeriesRef::new(7, 3);
    for t in [100, 300, 200, 50] {
        assert_eq!(append(&generation, t, series, t as f64), Verdict::Taken);
    }
    assert_eq!(append(&generation, 300, series, 300.0), Verdict::Duplicate);
    assert_eq!(append(&generation, 100, series, 1.0), Verdict::Conflict);
    assert_eq!(append(&generation, 200, series, 200.0), Verdict::Duplicate);
    let expected: Vec<_> = [50, 100, 200, 300]
        .map(|t| (t, (t as f64).to_bits()))
        .into();
    assert_eq!(decoded(&generation, series), expected);
    assert_eq!(generation.extent(series), Some((4, 50, 300)));
    assert_eq!(
        decoded(&generation, SeriesRef::new(7, 4)),
        [],
        "another epoch"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_late_can_be_read_without_what_is_early(
        steps in prop::collection::vec((1..4i64, prop_oneof![Just(0.0), Just(f64::NAN), -1e3..1e3]), 1..4_500),
        share in 0.0..1.1,
    ) {
        let generation = Generation::new(1);
        let (series, other) = (SeriesRef::new(0, 0), SeriesRef::new(1, 0));
        let (mut t, mut model) = (0, Vec::new());
        for (step, v) in steps {
            t += step;
            append(&generation, t, series, v);
            append(&generation, t, other, 1.0); // so that pages are mixed
            model.push((t, v.to_bits()));
        }
        let from = (t as f64 * share) as i64;
        let read = decoded_from(&generation, series, from);
        prop_assert!(read.len() <= model.len() && model.ends_with(&read));
        let wanted = model.iter().filter(|(t, _)| *t >= from).count();
        prop_assert!(read.len() >= wanted);
        if model.iter().rev().take(1_000).any(|(t, _)| *t < from) {
            prop_assert!(read.len() < 2_100, "{} of {}", read.len(), model.len());
        }
    }
}

proptest! {
    #[test]
    fn every_bit_comes_back(samples in prop::collection::vec(
        (any::<i32>(), prop_oneof![any::<u64>(), Just(0x7ff0_0000_0000_0002), (0..50u64).prop_map(|n| (n as f64).to_bits())]),
        1..300,
    )) {
        let generation = Generation::new(1);
        let series = SeriesRef::new(0, 0);
        let mut model = std::collections::BTreeMap::new();
        for (t, v) in samples {
            let t = i64::from(t) * 1000;
            let verdict = append(&generation, t, series, f64::from_bits(v));
            let expected = match model.get(&t) {
                None => Verdict::Taken,
                Some(there) => twice(*there, v),
            };
            prop_assert_eq!(verdict, expected);
            model.entry(t).or_insert(v);
        }
        prop_assert_eq!(decoded(&generation, series), model.into_iter().collect::<Vec<_>>());
    }
}
