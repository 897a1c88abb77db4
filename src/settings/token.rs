//! A token: known by its SHA-256 only, and shown by nothing.

use std::fmt;
use std::path::Path;

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::small_file;
use super::value::show_path;

/// Text of a hash begins with this, where it could be taken for a token.
const HASH: &str = "sha256:";
/// What a token is.
pub(super) const ALLOWED: &str = "32 random bytes or more as hexadecimal or base64 text, as \
    `openssl rand -hex 32` makes them";
/// What stands for one in a settings file.
pub(super) const ALLOWED_IN_FILE: &str =
    "the path of a file with a token in it, or \"sha256:…\" with the hash of one";
/// Characters that write 32 bytes.
const HEX_CHARACTERS: usize = 64;
const BASE64_CHARACTERS: usize = 43;
const NO_HASH: &str = "has no hash after `sha256:`";

/// The SHA-256 of a token's text. Neither `Debug` nor serialization shows it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct TokenHash([u8; 32]);

impl TokenHash {
    /// Of any text, be it a token or not.
    pub(crate) fn of(text: &str) -> Self {
        TokenHash(Sha256::digest(text.as_bytes()).into())
    }

    /// In constant time.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    /// Of a token. The error is a predicate, and does not show what is none.
    pub(super) fn of_token(text: &str) -> Result<Self, String> {
        let text = text.trim_matches([' ', '\t', '\r', '\n']);
        if is_random_enough(text) {
            Ok(Self::of(text))
        } else {
            Err("is no token".to_owned())
        }
    }

    fn of_hash(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != HEX_CHARACTERS {
            return None;
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |digit: u8| char::from(digit).to_digit(16);
            *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()?;
        }
        Some(TokenHash(hash))
    }

    /// From what a settings file in `base` says: a path, or `sha256:` and a hash.
    pub(super) fn of_setting(text: &str, base: &Path) -> Result<Self, String> {
        if let Some(hash) = text.strip_prefix(HASH) {
            return Self::of_hash(hash).ok_or_else(|| NO_HASH.to_owned());
        }
        if is_random_enough(text) {
            return Err(
                "is a token itself; write it into a file, and the file's path here".to_owned(),
            );
        }
        if text.is_empty() || text.contains('\0') {
            return Err("is no path".to_owned());
        }
        let path = base.join(text);
        Self::of_file(&path).map_err(|reason| format!("names {}, which {reason}", show_path(&path)))
    }

    /// From a file that holds a token, or `sha256:` and the hash of one.
    pub(super) fn of_file(path: &Path) -> Result<Self, String> {
        let text = small_file::read(path)?;
        match text.trim().strip_prefix(HASH) {
            Some(hash) => Self::of_hash(hash).ok_or_else(|| NO_HASH.to_owned()),
            None => Self::of_token(&text).map_err(|_| "holds no token".to_owned()),
        }
    }
}

impl Serialize for TokenHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("<secret>")
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

/// Whether a text is long enough to stand for 32 bytes, in an alphabet that bytes are written in.
fn is_random_enough(text: &str) -> bool {
    let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let base64 = text.trim_end_matches('=');
    let in_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte);
    match hex {
        true => text.len() >= HEX_CHARACTERS,
        false => base64.len() >= BASE64_CHARACTERS && base64.bytes().all(in_base64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf %s abc | sha256sum`
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_hash_is_what_sha256sum_prints() {
        assert_eq!(TokenHash::of_hash(ABC), Some(TokenHash::of("abc")));
        assert_eq!(
            TokenHash::of_hash(&ABC.to_uppercase()),
            Some(TokenHash::of("abc"))
        );
        for bad in [
            "",
            &ABC[1..],
            &format!("{ABC}0"),
            &ABC.replace('b', "g"),
            &"é".repeat(32),
        ] {
            assert_eq!(TokenHash::of_hash(bad), None, "{bad}");
        }
    }

    #[test]
    fn thirty_two_bytes_are_enough_and_less_is_not() {
        let hex = "0123456789abcdef".repeat(4);
        let base64 = "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=";
        let url_safe = "_-3vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k";
        for good in [hex.as_str(), base64, url_safe, &format!("{hex}{hex}")] {
            assert!(is_random_enough(good), "{good}");
        }
        for bad in [
            "",
            "secret",
            &hex[1..],
            &base64[2..],
            &hex.replace('0', " "),
            &"=".repeat(60),
        ] {
            assert!(!is_random_enough(bad), "{bad}");
        }
        assert_eq!(
            TokenHash::of_token(&format!("{hex}\n")),
            Ok(TokenHash::of(&hex))
        );
    }

    /// The beginning of a file would be another token than the one in it.
    #[test]
    fn a_file_is_a_token_as_a_whole() {
        let path = std::env::temp_dir().join(format!("vitals-token-{}", std::process::id()));
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            TokenHash::of_file(&path)
        };
        let long = "a".repeat(5_000);
        assert_eq!(read(&long), Ok(TokenHash::of(&long)));
        assert!(read(&"a".repeat(1 << 20)).is_err());
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn nothing_shows_a_token() {
        let hash = TokenHash::of("abc");
        assert_eq!(format!("{hash:?}"), "TokenHash(…)");
        assert_eq!(serde_json::to_string(&hash).unwrap(), "\"<secret>\"");
        for secret in ["c2hvcnQ", &"0123456789abcdef".repeat(4)] {
            for error in [
                TokenHash::of_token("c2hvcnQ"),
                TokenHash::of_setting(secret, Path::new("/")),
            ] {
                let error = error.unwrap_err();
                assert!(!error.contains("0123"), "{error}");
            }
        }
    }
}
