//! The kernel's way with text: lines, words, numbers, and what can be wrong with them.

/// What a file says is not what the kernel's documentation says it says. Contents are not quoted:
/// errors go to logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    /// A line, counted from 1, cannot be understood.
    #[error("line {line}: {problem}")]
    Line { line: usize, problem: &'static str },
    /// Something that is always there is not.
    #[error("no {0}")]
    Missing(&'static str),
}

/// The lines of a file with their numbers, without those that are blank.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    text.split(|&c| c == b'\n')
        .zip(1..)
        .map(|(line, number)| (number, line.trim_ascii()))
        .filter(|(_, line)| !line.is_empty())
}

/// The words of a line.
pub(super) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
}

/// A number as the kernel prints it: digits and nothing else.
pub(super) fn unsigned(word: &[u8]) -> Option<u64> {
    if word.is_empty() {
        return None;
    }
    word.iter().try_fold(0u64, |sum, c| {
        let digit = c.is_ascii_digit().then(|| u64::from(c - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_are_numbers() {
        assert_eq!(unsigned(b"0"), Some(0));
        assert_eq!(unsigned(b"18446744073709551615"), Some(u64::MAX));
        for bad in ["", "18446744073709551616", "-1", "+1", "1.0", "0x1", " 1"] {
            assert_eq!(unsigned(bad.as_bytes()), None, "{bad}");
        }
    }
}
