//! An answer before it is put on the wire.

use super::super::pages;

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn text(body: String) -> Self {
        Reply::new(200, "text/plain; charset=utf-8", body)
    }

    pub(crate) fn json(status: u16, body: String) -> Self {
        Reply::new(status, "application/json; charset=utf-8", body)
    }

    /// A page in HTML that says what the status means.
    pub(crate) fn page(status: u16, plant: Option<&str>) -> Self {
        let body = pages::of(status, plant);
        let mut reply = Reply::new(status, "text/html; charset=utf-8", body);
        match status {
            302 => {
                let login = "/csp/sys/%25CSP.Portal.Home.zen?CSPCHD=simulated".to_owned();
                reply.headers.push(("location", login));
            }
            401 => {
                let challenge = "Basic realm=\"simulated\"".to_owned();
                reply.headers.push(("www-authenticate", challenge));
            }
            _ => {}
        }
        reply
    }

    fn new(status: u16, content_type: &'static str, body: String) -> Self {
        Reply {
            status,
            content_type,
            headers: Vec::new(),
            body: body.into_bytes(),
        }
    }
}
