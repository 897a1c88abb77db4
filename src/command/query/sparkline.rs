//! A series as a line of text: one block per moment, as high as the value there.

/// From low to high.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Moments of a line, at most.
const WIDEST: usize = 60;

/// The values in order of time; what is no number is a gap. Too many are put together, by their
/// largest.
pub(super) fn line(values: &[Option<f64>]) -> String {
    let cells: Vec<Option<f64>> = match values.len() {
        length if length <= WIDEST => values.to_vec(),
        length => values
            .chunks(length.div_ceil(WIDEST))
            .map(largest)
            .collect(),
    };
    let numbers = || cells.iter().flatten().copied();
    let (least, most) = (
        numbers().fold(f64::INFINITY, f64::min),
        numbers().fold(f64::NEG_INFINITY, f64::max),
    );
    let block = |value: f64| {
        // Halves: the distance of two numbers may be more than a number.
        let part = (value / 2.0 - least / 2.0) / (most / 2.0 - least / 2.0);
        match part.is_finite() {
            true => BLOCKS[((part * 7.0).round() as usize).min(7)],
            false => BLOCKS[3], // all are the same
        }
    };
    cells.iter().map(|cell| cell.map_or(' ', block)).collect()
}

fn largest(values: &[Option<f64>]) -> Option<f64> {
    values.iter().flatten().copied().reduce(f64::max)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_lowest_is_low_and_the_highest_is_high() {
        let values = [Some(0.0), Some(7.0), None, Some(3.0)];
        assert_eq!(line(&values), "▁█ ▄");
        assert_eq!(line(&[Some(5.0), Some(5.0)]), "▄▄");
        assert_eq!(line(&[]), "");
        let many: Vec<_> = (0..120).map(|nth| Some(f64::from(nth % 2))).collect();
        assert_eq!(line(&many), "▄".repeat(60), "by their largest");
    }

    proptest! {
        #[test]
        fn it_is_as_long_as_there_is_room(values in proptest::collection::vec(
            proptest::option::of(-f64::MAX..f64::MAX), 0..300,
        )) {
            prop_assert!(line(&values).chars().count() <= WIDEST);
        }
    }
}
