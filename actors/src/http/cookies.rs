//! The cookies of one server, kept by hand: without them every question would begin a session.

use awc::http::header::{HeaderMap, SET_COOKIE};

/// More are not kept.
const MOST: usize = 16;
/// Longer ones are not kept, name and value together.
const LONGEST: usize = 4_096;

/// Names and values, as they came.
#[derive(Debug, Default)]
pub(super) struct Cookies(Vec<(String, String)>);

impl Cookies {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes in what an answer sets and takes back.
    pub(super) fn take(&mut self, headers: &HeaderMap) {
        for header in headers.get_all(SET_COOKIE) {
            let Ok(text) = header.to_str() else { continue };
            let mut parts = text.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            let is_over = parts.any(|attribute| {
                let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
                name.eq_ignore_ascii_case("max-age")
                    && value.trim().parse::<i64>().is_ok_and(|age| age <= 0)
            });
            self.0.retain(|(known, _)| known != name);
            let fits = self.0.len() < MOST && name.len() + value.len() <= LONGEST;
            if !name.is_empty() && !is_over && fits {
                self.0.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    /// What to send.
    pub(super) fn header(&self) -> Option<String> {
        let pairs = self.0.iter().map(|(name, value)| format!("{name}={value}"));
        let text = pairs.collect::<Vec<_>>().join("; ");
        (!text.is_empty()).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use awc::http::header::HeaderValue;

    fn set(cookies: &mut Cookies, text: &'static str) {
        let mut headers = HeaderMap::new();
        headers.append(SET_COOKIE, HeaderValue::from_static(text));
        cookies.take(&headers);
    }

    #[test]
    fn the_last_word_counts() {
        let mut cookies = Cookies::default();
        assert_eq!(cookies.header(), None);
        set(
            &mut cookies,
            "CSPSESSIONID-SP-52773-UP-=001; path=/; httpOnly;",
        );
        set(&mut cookies, "CSPWSERVERID=a=b");
        set(&mut cookies, "nonsense");
        set(&mut cookies, "=x");
        let header = cookies.header().unwrap();
        assert_eq!(header, "CSPSESSIONID-SP-52773-UP-=001; CSPWSERVERID=a=b");
        set(&mut cookies, "CSPWSERVERID=; Max-Age=0");
        set(&mut cookies, "CSPSESSIONID-SP-52773-UP-=002");
        assert_eq!(cookies.header().unwrap(), "CSPSESSIONID-SP-52773-UP-=002");
        for _ in 0..2 * MOST {
            let name: &'static str = format!("n{}=1", fastrand::u32(..)).leak();
            set(&mut cookies, name);
        }
        assert!(cookies.0.len() <= MOST);
    }
}
