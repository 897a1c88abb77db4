//! Whether a request to change something was made by a page of another site, through a browser. A
//! browser says so: it lets no page leave these headers out or change them.

/// What a browser says of where a request comes from.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Told<'a> {
    /// `Sec-Fetch-Site`
    pub(crate) fetch_site: Option<&'a str>,
    /// `Origin`
    pub(crate) origin: Option<&'a str>,
    /// `Host`
    pub(crate) host: Option<&'a str>,
}

/// Whether another site is behind a request. `external` is the host users find us at. What is not a
/// browser says nothing of it, and is not another site.
pub(crate) fn is_foreign(told: Told<'_>, external: Option<&str>) -> bool {
    if let Some(site) = told.fetch_site {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = told.origin else {
        return false;
    };
    let Some((_scheme, authority)) = origin.split_once("://") else {
        return true; // `null`, from a sandbox or a file
    };
    let same = told
        .host
        .is_some_and(|host| host.eq_ignore_ascii_case(authority));
    let port = authority
        .rfind(':')
        .filter(|at| !authority[*at..].contains(']'));
    let name = &authority[..port.unwrap_or(authority.len())];
    let ours = external.is_some_and(|external| external.eq_ignore_ascii_case(name));
    !(same || ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_says_is_believed() {
        let foreign = |fetch_site, origin| {
            let host = Some("monitor:9090");
            let told = Told {
                fetch_site,
                origin,
                host,
            };
            is_foreign(told, Some("vitals.example"))
        };
        assert!(!foreign(None, None), "curl");
        assert!(!foreign(Some("none"), None), "typed by the user");
        assert!(!foreign(Some("same-origin"), Some("http://monitor:9090")));
        assert!(foreign(Some("cross-site"), Some("http://monitor:9090")));
        assert!(foreign(Some("same-site"), None), "another port");
        assert!(foreign(Some(""), None));
        assert!(!foreign(None, Some("http://Monitor:9090")));
        assert!(
            !foreign(None, Some("https://vitals.example")),
            "behind a proxy"
        );
        assert!(foreign(None, Some("http://evil.example")));
        assert!(foreign(None, Some("http://monitor:9091")));
        assert!(foreign(None, Some("null")));
        assert!(foreign(None, Some("")));

        let by_address = |origin| {
            let told = Told {
                origin: Some(origin),
                ..Told::default()
            };
            is_foreign(told, Some("[2001:db8::1]"))
        };
        assert!(!by_address("https://[2001:db8::1]"));
        assert!(!by_address("https://[2001:db8::1]:8443"));
        assert!(by_address("https://[2001:db8::2]"));
        assert!(by_address("https://[2001:db8::1"));
    }
}
