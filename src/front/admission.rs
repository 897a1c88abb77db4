//! What every request has to pass before a route sees it: its URL, the host it names, the site that
//! sends it, its body, and how many others are under way.

use std::{
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use actix_web::{
    Error, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{HOST, HeaderName, ORIGIN, RETRY_AFTER},
    },
    middleware::Next,
    web::Data,
};
use vitals_actors::units::HumanDuration;

use super::{
    body::{self, Held},
    coding, error, host,
    routes::is_probe,
    shared::Shared,
    site::{self, Told},
};
use crate::settings::Server;

/// Why a request goes no further.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the path and query are longer than {limit} bytes")]
    UrlTooLong { limit: u64 },
    #[error(
        "the request names no host that is known here: use an IP address or localhost, or add the \
         name to [server] hosts"
    )]
    HostNotAllowed,
    #[error("a page of another site may change nothing here")]
    CrossSite,
    #[error("the body is larger than {limit} bytes")]
    BodyTooLarge { limit: u64 },
    #[error("the body did not come within {}", HumanDuration(*.time))]
    BodyTooSlow { time: Duration },
    #[error("the body is not what its headers say")]
    BodyBroken,
    #[error("{limit} requests are under way; try again")]
    Overloaded { limit: u32 },
}

impl Refusal {
    fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Refusal::UrlTooLong { .. } => (StatusCode::BAD_REQUEST, "url_too_long"),
            Refusal::HostNotAllowed => (StatusCode::FORBIDDEN, "host_not_allowed"),
            Refusal::CrossSite => (StatusCode::FORBIDDEN, "cross_site"),
            Refusal::BodyTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Refusal::BodyTooSlow { .. } => (StatusCode::REQUEST_TIMEOUT, "body_too_slow"),
            Refusal::BodyBroken => (StatusCode::BAD_REQUEST, "bad_body"),
            Refusal::Overloaded { .. } => (StatusCode::SERVICE_UNAVAILABLE, "overloaded"),
        }
    }

    /// Counts it, and says why to whoever asked for this path.
    pub(super) fn answer(&self, path: &str, shared: &Shared) -> HttpResponse {
        let (status, code) = self.status_and_code();
        shared.own.http_refused.with_label_values(&[code]).inc();
        let mut response = HttpResponse::build(status);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((RETRY_AFTER, "1"));
        }
        error::for_path(shared.below_prefix(path), response, code, &self.to_string())
    }
}

/// Lets a request pass to its route, or answers why not.
pub(super) async fn admit(
    shared: Data<Shared>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let place = match pass(&shared, &mut request).await {
        Ok(place) => place,
        Err(refusal) => {
            let answer = refusal.answer(request.path(), &shared);
            let answer = Held::instead_of(&mut request, answer);
            return Ok(request.into_response(answer).map_into_right_body());
        }
    };
    coding::forgive(&mut request);
    let answered = next.call(request).await;
    drop(place);
    answered.map(ServiceResponse::map_into_left_body)
}

async fn pass<'s>(
    shared: &'s Shared,
    request: &mut ServiceRequest,
) -> Result<Option<Place<'s>>, Refusal> {
    let settings = shared.live.load_full();
    let settings = &settings.server;
    let path = shared.below_prefix(request.path());
    let probe = is_probe(path);
    let changes = changes(request.method(), path);

    let limit = settings.max_url.get();
    let url = request.uri().path_and_query();
    if url.is_some_and(|url| url.as_str().len() as u64 > limit) {
        return Err(Refusal::UrlTooLong { limit });
    }
    if (changes || shared.on_loopback) && !probe && !names_us(request, settings, &shared.machine) {
        return Err(Refusal::HostNotAllowed);
    }
    if changes && comes_from_elsewhere(request, settings) {
        return Err(Refusal::CrossSite);
    }
    body::receive(request, settings.max_body.get(), settings.body_time).await?;
    match probe {
        true => Ok(None),
        false => Place::take(&shared.under_way, settings.max_requests).map(Some),
    }
}

/// Whether a request can change something. Queries may be posted.
fn changes(method: &Method, path: &str) -> bool {
    let reads = [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE];
    !reads.contains(method) && !path.starts_with("/api/v1/")
}

/// An absolute URL names a host, too. A request that names none is not a browser's, and is told to.
fn names_us(request: &ServiceRequest, settings: &Server, machine: &str) -> bool {
    let header = text(request, HOST);
    let authority = request
        .uri()
        .authority()
        .map(|authority| authority.as_str());
    let is_ours = |authority| host::is_ours(authority, settings, machine);
    (header.is_some() || authority.is_some())
        && header.is_none_or(is_ours)
        && authority.is_none_or(is_ours)
}

fn comes_from_elsewhere(request: &ServiceRequest, settings: &Server) -> bool {
    let told = Told {
        fetch_site: text(request, HeaderName::from_static("sec-fetch-site")),
        origin: text(request, ORIGIN),
        host: text(request, HOST),
    };
    let external = settings.external_url.as_ref().map(|url| url.host());
    site::is_foreign(told, external)
}

/// A header that is there; empty where it is not even text.
fn text(request: &ServiceRequest, name: HeaderName) -> Option<&str> {
    let value = request.headers().get(name)?;
    Some(value.to_str().unwrap_or_default())
}

/// One of the places for requests under way.
struct Place<'s>(&'s AtomicU32);

impl<'s> Place<'s> {
    fn take(taken: &'s AtomicU32, limit: u32) -> Result<Self, Refusal> {
        let place = Place(taken);
        match taken.fetch_add(1, Relaxed) {
            before if before < limit => Ok(place),
            _ => Err(Refusal::Overloaded { limit }),
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn posted_queries_change_nothing() {
        assert!(changes(&Method::POST, "/-/reload"));
        assert!(changes(&Method::DELETE, "/api/v2/silence/1"));
        assert!(changes(&Method::PUT, "/metrics"));
        assert!(!changes(&Method::POST, "/api/v1/query"));
        assert!(!changes(&Method::GET, "/-/reload"));
    }

    #[test]
    fn places_are_given_back() {
        let taken = AtomicU32::new(0);
        let first = Place::take(&taken, 2).unwrap();
        let _second = Place::take(&taken, 2).unwrap();
        assert_eq!(
            Place::take(&taken, 2).err(),
            Some(Refusal::Overloaded { limit: 2 })
        );
        assert_eq!(taken.load(Relaxed), 2);
        drop(first);
        assert!(Place::take(&taken, 2).is_ok());
    }
}
