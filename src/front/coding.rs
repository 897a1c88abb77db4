//! Content codings: what a client accepts of those there are.

use actix_web::{
    HttpMessage,
    dev::ServiceRequest,
    http::header::{ACCEPT_ENCODING, AcceptEncoding, Encoding, Header},
};

/// Whether gzip is what a client likes best.
pub(super) fn wants_gzip(request: &impl HttpMessage) -> bool {
    best(request, &[Encoding::gzip(), Encoding::identity()]) == Some(Encoding::gzip())
}

/// Who refuses every coding there is, and none at all, too, is answered as if he had said nothing:
/// that is of more use to a probe than 406.
pub(super) fn forgive(request: &mut ServiceRequest) {
    let all = [Encoding::gzip(), Encoding::deflate(), Encoding::identity()];
    if best(request, &all).is_none() {
        request.headers_mut().remove(ACCEPT_ENCODING);
    }
}

fn best(request: &impl HttpMessage, codings: &[Encoding]) -> Option<Encoding> {
    let accepted = AcceptEncoding::parse(request).ok()?;
    accepted.negotiate(codings.iter())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn whoever_refuses_everything_is_forgiven() {
        for (accept, gzip, forgiven) in [
            ("gzip", true, false),
            ("gzip;q=0.5, identity;q=0.1", true, false),
            ("gzip;q=0.1, identity", false, false),
            ("gzip;q=0", false, false),
            ("deflate, identity;q=0", false, false),
            ("", false, false),
            ("identity;q=0", false, true),
            ("*;q=0", false, true),
            ("br, identity;q=0", false, true),
        ] {
            let request = TestRequest::get().insert_header((ACCEPT_ENCODING, accept));
            let mut request = request.to_srv_request();
            assert_eq!(wants_gzip(&request), gzip, "{accept}");
            forgive(&mut request);
            let left = request.headers().contains_key(ACCEPT_ENCODING);
            assert_eq!(!left, forgiven, "{accept}");
        }
        assert!(!wants_gzip(&TestRequest::get().to_srv_request()));
    }
}
