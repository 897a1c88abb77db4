//! The parameters of a query string.

use url::form_urlencoded;

/// No route takes more of different names; whatever comes after them is not looked at.
const MOST: usize = 64;

/// The value of the first parameter of a name, decoded; empty where it has none.
pub(crate) fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes()).take(MOST);
    let found = pairs.find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}

/// The values of all parameters of a name, decoded, if there are no more than `most`.
pub(crate) fn parameters(query: &str, name: &str, most: usize) -> Option<Vec<String>> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let mut found = pairs.filter(|(key, _)| key == name);
    let values = found.by_ref().take(most);
    let values = values.map(|(_, value)| value.into_owned()).collect();
    found.next().is_none().then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parameters_of_a_name_are_found_unless_there_are_too_many() {
        let found = |query| parameters(query, "a[]", 2);
        assert_eq!(found("a[]=1&b=2&a%5B%5D=x%20y").unwrap(), ["1", "x y"]);
        assert_eq!(found("a=1").unwrap(), [""; 0]);
        assert_eq!(found("a[]=1&a[]=2&b=3").unwrap(), ["1", "2"]);
        assert_eq!(found("a[]=1&a[]=2&a[]"), None);
        let far = format!("{}a[]=1", "b&".repeat(64));
        assert_eq!(found(&far).unwrap(), ["1"]);
    }

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
