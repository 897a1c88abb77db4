//! Who changes something: the owner of a named token. A handler that takes a [`Caller`] is answered
//! for with 401 or 403 where there is none.

use std::{
    fmt,
    future::{Ready, ready},
};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, ResponseError,
    dev::Payload,
    http::{
        StatusCode,
        header::{AUTHORIZATION, WWW_AUTHENTICATE},
    },
    web::Data,
};

use super::{error, shared::Shared};

/// Somebody with a token that is known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    name: String,
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Why a caller may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Denied {
    #[error("this needs a token: `Authorization: Bearer <token>`, one of [auth.tokens]")]
    NoToken,
    #[error("this token is not known here")]
    WrongToken,
    #[error("this is off until a token is set: [auth.tokens], VITALS_TOKEN or VITALS_TOKEN_FILE")]
    NoTokens,
}

impl FromRequest for Caller {
    type Error = Denied;
    type Future = Ready<Result<Self, Denied>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(of(request))
    }
}

fn of(request: &HttpRequest) -> Result<Caller, Denied> {
    // One and no more: of two, a proxy may have meant the other.
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let (Some(header), None) = (headers.next(), headers.next()) else {
        return Err(Denied::NoToken);
    };
    let token = header.to_str().ok().and_then(bearer);
    let token = token.ok_or(Denied::NoToken)?;
    let Some(shared) = request.app_data::<Data<Shared>>() else {
        return Err(Denied::NoTokens);
    };
    let settings = shared.live.load();
    match settings.auth.name_of(token) {
        Some(name) => Ok(Caller {
            name: name.to_owned(),
        }),
        None if settings.auth.tokens.is_empty() => Err(Denied::NoTokens),
        None => Err(Denied::WrongToken),
    }
}

/// The token in `Bearer <token>`.
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

impl ResponseError for Denied {
    fn status_code(&self) -> StatusCode {
        match self {
            Denied::NoToken => StatusCode::UNAUTHORIZED,
            Denied::WrongToken | Denied::NoTokens => StatusCode::FORBIDDEN,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        let code = match self {
            Denied::NoToken => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer realm=\"vitals\""));
                "token_needed"
            }
            Denied::WrongToken => "token_unknown",
            Denied::NoTokens => "no_tokens",
        };
        error::with(response, code, &self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_shows_a_token() {
        for (header, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("BEARER a=b", Some("a=b")),
            ("Bearer", None),
            ("Bearer ", None),
            ("Basic abc", None),
            ("abc", None),
            ("", None),
        ] {
            assert_eq!(bearer(header), token, "{header}");
        }
    }
}
