//! Sizes of data.

use std::fmt;
use std::str::FromStr;

use super::text::{Decimal, Quantity, UnitError, deserialize_quantity};

/// A number of bytes, from 0 to 2⁶⁴ − 1.
///
/// Reads `"1.5GB"` (10⁹), `"512MiB"` (2²⁰), `"4kB"` and plain integers; a fraction of a byte is
/// dropped. Prints the shortest of the exact forms with at most three decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(u64);

/// Every unit with its size in bytes, largest first. `KB` is not ambiguous in practice; `k`, `M`
/// and `Mb` are.
const UNITS: [(&str, u64); 12] = [
    ("PiB", 1 << 50),
    ("PB", 1_000_000_000_000_000),
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("KB", 1_000),
    ("B", 1),
];

const KNOWN: &str = "B, kB, MB, GB, TB, PB, KiB, MiB, GiB, TiB or PiB";
const TOO_LARGE: UnitError = UnitError::TooLarge {
    limit: "2^64 - 1 bytes",
};

/// So many decimals of a size are looked at: beyond them even of a `PiB` no byte is left.
const DECIMALS: usize = 18;

impl Bytes {
    /// A size of so many bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The number of bytes.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for Bytes {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let (Decimal { whole, fraction }, unit) = Decimal::split(text.trim())?;
        let size = match UNITS.iter().find(|(name, _)| *name == unit) {
            Some((_, size)) => *size,
            None if unit.is_empty() && fraction.is_empty() => 1,
            None => return Err(UnitError::unit(unit, KNOWN)),
        };
        let whole: u64 = whole.parse().map_err(|_| TOO_LARGE)?;
        let mut parts = 0;
        let mut of = 1;
        for digit in fraction.bytes().take(DECIMALS) {
            parts = parts * 10 + u128::from(digit - b'0');
            of *= 10;
        }
        let bytes = u128::from(whole) * u128::from(size) + parts * u128::from(size) / of;
        bytes.try_into().map(Self).map_err(|_| TOO_LARGE)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = UNITS.iter().filter_map(|&(unit, size)| {
            let thousandths = u128::from(self.0) * 1000;
            let size = u128::from(size);
            (u128::from(self.0) >= size && thousandths.is_multiple_of(size)).then(|| {
                let thousandths = thousandths / size;
                let number = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
                format!(
                    "{}{unit}",
                    number.trim_end_matches('0').trim_end_matches('.')
                )
            })
        });
        // Of forms of one length the first, which has the largest unit.
        match exact.min_by_key(String::len) {
            Some(text) => formatter.write_str(&text),
            None => formatter.write_str("0B"),
        }
    }
}

impl Quantity for Bytes {
    const EXPECTED: &'static str = "a size such as \"1.5GB\", \"512MiB\" or a number of bytes";

    fn from_number(number: f64) -> Result<Self, UnitError> {
        if number < 0.0 {
            return Err(UnitError::Negative);
        }
        // A float is a size only with a unit; without one it would be a fraction of bytes.
        Err(UnitError::NoUnit { known: KNOWN })
    }

    fn from_integer(number: i128) -> Result<Self, UnitError> {
        if number < 0 {
            return Err(UnitError::Negative);
        }
        number.try_into().map(Self).map_err(|_| TOO_LARGE)
    }
}

deserialize_quantity!(Bytes);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_decimal_and_binary_units() {
        for (text, bytes) in [
            ("1.5GB", 1_500_000_000),
            ("1GB", 1_000_000_000),
            ("512MiB", 512 << 20),
            ("4kB", 4_000),
            ("4KB", 4_000),
            ("4KiB", 4_096),
            ("12", 12),
            ("0", 0),
            ("7B", 7),
            (" 2 TB ", 2_000_000_000_000),
            ("1.1KiB", 1_126),
            ("0.0000000000000000000000001PiB", 0),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
    }

    #[test]
    fn refuses_the_ambiguous_and_the_impossible() {
        for (text, error) in [
            ("", UnitError::Empty),
            ("GB", UnitError::NoNumber),
            ("-1GB", UnitError::NoNumber),
            ("1.5", UnitError::unit("", KNOWN)),
            ("1k", UnitError::unit("k", KNOWN)),
            ("1 gb", UnitError::unit("gb", KNOWN)),
            ("1GB2MB", UnitError::unit("GB2MB", KNOWN)),
            ("18446744073709551616", TOO_LARGE),
            ("99999999999999999999999999999999999999999GB", TOO_LARGE),
            ("20000PB", TOO_LARGE),
        ] {
            assert_eq!(text.parse::<Bytes>(), Err(error), "{text}");
        }
        assert_eq!(
            "1k".parse::<Bytes>().unwrap_err().to_string(),
            "has the unknown unit \"k\" (B, kB, MB, GB, TB, PB, KiB, MiB, GiB, TiB or PiB)"
        );
    }

    #[test]
    fn prints_the_shortest_exact_form() {
        for (bytes, text) in [
            (0, "0B"),
            (500, "500B"),
            (1_000, "1kB"),
            (1_024, "1KiB"),
            (1_536, "1536B"),
            (1_572_864, "1.5MiB"),
            (1_500_000_000, "1.5GB"),
            (1_000_000_000, "1GB"),
            (512 << 20, "512MiB"),
            (1_234_567, "1234567B"),
            (u64::MAX, "18446744073709551615B"),
        ] {
            assert_eq!(Bytes(bytes).to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(bytes: u64, unit in 0..UNITS.len()) {
            let round = bytes % 10_000 * (UNITS[unit].1 / 10).max(1);
            for bytes in [Bytes(bytes), Bytes(round)] {
                prop_assert_eq!(bytes.to_string().parse(), Ok(bytes));
            }
        }

        #[test]
        fn no_text_panics(text in "[0-9.]{0,50}( ?[kKMGTPiB]{0,3})?|.*") {
            let _ = text.parse::<Bytes>();
        }
    }
}
