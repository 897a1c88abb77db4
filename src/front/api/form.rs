//! The parameters of a request: those of a posted form, then those of the URL, as Prometheus takes
//! them.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    web::{self, Bytes},
};
use url::form_urlencoded;

use super::failure::Failure;

/// Bodies are bounded before a route sees them, by `[server] max_body`: at most by this.
const MOST: usize = 16 << 20;
const KIND: &str = "application/x-www-form-urlencoded";

/// Names and values, decoded, in their order.
#[derive(Debug, Default)]
pub(in crate::front) struct Form(Vec<(String, String)>);

impl Form {
    fn of(body: &[u8], query: &str) -> Self {
        let posted = form_urlencoded::parse(body);
        let pairs = posted.chain(form_urlencoded::parse(query.as_bytes()));
        let owned = pairs.map(|(name, value)| (name.into_owned(), value.into_owned()));
        Form(owned.collect())
    }

    /// The value of the first parameter of a name; of one that is empty, nothing is said.
    pub(in crate::front) fn first(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(key, _)| key == name)?;
        Some(&**value).filter(|value| !value.is_empty())
    }

    /// The values of all parameters of a name.
    pub(in crate::front) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        let named = self.0.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| &**value)
    }
}

impl FromRequest for Form {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let query = request.query_string().to_owned();
        if !request.content_type().eq_ignore_ascii_case(KIND) {
            return Box::pin(async move { Ok(Form::of(&[], &query)) });
        }
        let body = web::Payload::from_request(request, payload);
        Box::pin(async move {
            let broken = || Failure::bad_data("the body is not what its headers say");
            let body = body.await.map_err(|_| broken())?;
            let body: Bytes = body
                .to_bytes_limited(MOST)
                .await
                .map_err(|_| broken())?
                .map_err(|_| broken())?;
            Ok(Form::of(&body, &query))
        })
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn what_is_posted_comes_first_and_empty_is_not_said() {
        let form = Form::of(b"query=a%2Bb+c&match[]=x", "query=y&match%5B%5D=z&time=");
        assert_eq!(form.first("query"), Some("a+b c"));
        assert_eq!(form.all("match[]").collect::<Vec<_>>(), ["x", "z"]);
        assert_eq!((form.first("time"), form.first("step")), (None, None));
        assert_eq!(Form::of(b"%ff=1&&=&", "").first("\u{fffd}"), Some("1"));
    }

    #[actix_web::test]
    async fn only_a_form_is_looked_into() {
        for (kind, found) in [
            (KIND, Some("1")),
            (
                "application/x-www-form-urlencoded; charset=utf-8",
                Some("1"),
            ),
            ("Application/X-WWW-Form-Urlencoded", Some("1")),
            ("application/json", Some("2")),
            ("", Some("2")),
        ] {
            let request = TestRequest::post().uri("/?a=2").set_payload("a=1");
            let request = request.insert_header(("content-type", kind));
            let (request, mut payload) = request.to_http_parts();
            let form = Form::from_request(&request, &mut payload).await.unwrap();
            assert_eq!(form.first("a"), found, "{kind}");
        }
    }
}
