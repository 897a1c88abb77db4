//! The parameters of a query string.

use url::form_urlencoded;

/// No route takes more; whatever comes after them is not looked at.
const MOST: usize = 64;

/// The value of the first parameter of a name, decoded; empty where it has none.
pub(crate) fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes()).take(MOST);
    let found = pairs.find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_found_by_its_name_and_decoded() {
        let found = |query| parameter(query, "a");
        assert_eq!(found("a=1").as_deref(), Some("1"));
        assert_eq!(found("b=2&a=1&a=3").as_deref(), Some("1"));
        assert_eq!(found("a").as_deref(), Some(""));
        assert_eq!(found("%61=x%2By+z").as_deref(), Some("x+y z"));
        assert_eq!(found("a=%ff%").as_deref(), Some("\u{fffd}%"));
        for none in ["", "b=1", "ab=1", "A=1", "&&&", "=a"] {
            assert_eq!(found(none), None, "{none}");
        }
        assert_eq!(found(&format!("{}a=1", "b&".repeat(64))), None);
    }
}
