//! One server, asked one question at a time.

use std::time::Duration;

use awc::{
    Client as Awc, ClientResponse, Connector,
    error::{PayloadError, SendRequestError},
    http::{
        Method, StatusCode, Uri, Version,
        header::{
            ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE,
            HeaderMap, PROXY_AUTHORIZATION, TRANSFER_ENCODING, USER_AGENT,
        },
    },
};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use tokio::time::{Instant, timeout_at};

use super::{
    BaseUrl, Outward, Proxy,
    cookies::Cookies,
    dial::{self, Dial},
    inflate::{inflate, too_large},
    tail::Tail,
};
use crate::{collector::Reason, net::Failure};

/// awc's own limits, which must not be in the way of ours.
const NEVER: Duration = Duration::from_secs(3_600);
/// A connection that nobody has used for so long is not used again: the other side may be about to
/// close it.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Room for so many bytes is made on the word of a server.
const BELIEVED: usize = 256 << 10;
/// A header of Vitals' own simulators.
const SIMULATED: &str = "x-simulated";
const HUNG_UP: &str = "the server hung up without an answer";

/// What was answered, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Lower case, without parameters.
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
    /// It says of itself that nothing of it is true.
    pub(crate) simulated: bool,
}

/// A question.
pub(crate) struct Question<'q> {
    pub(crate) method: Method,
    /// Below the URL's path, with a slash in front; perhaps with a query.
    pub(crate) path: &'q str,
    pub(crate) accept: &'static str,
    /// JSON, for a POST.
    pub(crate) json: Option<Bytes>,
    /// Bytes of the body, also once it is inflated.
    pub(crate) limit: usize,
}

impl<'q> Question<'q> {
    pub(crate) fn get(path: &'q str, accept: &'static str, limit: usize) -> Self {
        Question {
            method: Method::GET,
            path,
            accept,
            json: None,
            limit,
        }
    }
}

/// One connection to one server, its cookies, and who we are there.
pub(crate) struct Client {
    url: BaseUrl,
    /// That is to hear with each question whom it is for.
    proxy: Option<Proxy>,
    awc: Awc,
    dial: Dial,
    tail: Tail,
    cookies: Cookies,
    /// `Basic …`
    authorization: Option<String>,
    /// Our session was refused: until one is accepted we say who we are beside it, as browsers do. It
    /// is not thrown away: were it still known, the next one would hold a second licence unit.
    is_doubted: bool,
}

impl Client {
    /// Connects with the first question. To be used on the thread it was made on.
    pub(crate) fn new(url: BaseUrl, outward: &Outward, authorization: Option<String>) -> Self {
        let tail = Tail::default();
        let dial = Dial::new(&url, outward, tail.clone());
        let connector = Connector::new()
            .connector(dial.clone())
            .timeout(NEVER)
            .handshake_timeout(NEVER)
            .conn_keep_alive(KEEP_ALIVE)
            .conn_lifetime(NEVER)
            .limit(1);
        let awc = Awc::builder()
            .connector(connector)
            .disable_timeout()
            .disable_redirects()
            .no_default_headers()
            .finish();
        // What is said over TLS it does not hear.
        let proxy = outward.proxies.of(&url).filter(|_| !url.is_tls());
        Client {
            proxy: proxy.cloned(),
            url,
            awc,
            dial,
            tail,
            cookies: Cookies::default(),
            authorization,
            is_doubted: false,
        }
    }

    /// Asks, and waits for all of the answer, whatever its status is. A session that is refused is
    /// asked again with who we are, once.
    ///
    /// # Errors
    /// When there is no whole answer by `until`.
    pub(crate) async fn ask(
        &mut self,
        question: &Question<'_>,
        until: Instant,
    ) -> Result<Answer, Failure> {
        let had_session = !self.cookies.is_empty() && !self.is_doubted;
        let made = self.dial.made();
        let mut answer = self.ask_once(question, until).await;
        if answer
            .as_ref()
            .is_err_and(|failure| failure.detail == HUNG_UP)
            && self.dial.made() == made
        {
            // It was about to be closed when we asked: that is no answer.
            answer = self.ask_once(question, until).await;
        }
        let is_refused = |answer: &Answer| answer.status == StatusCode::UNAUTHORIZED;
        if had_session && answer.as_ref().is_ok_and(is_refused) {
            match self.authorization {
                Some(_) => self.is_doubted = true,
                None => self.cookies.clear(),
            }
            answer = self.ask_once(question, until).await;
        }
        if answer
            .as_ref()
            .is_ok_and(|answer| answer.status.is_success())
        {
            self.is_doubted = false;
        }
        answer
    }

    async fn ask_once(
        &mut self,
        question: &Question<'_>,
        until: Instant,
    ) -> Result<Answer, Failure> {
        // The steps on the way fail by their own reasons, a little earlier than the whole.
        let left = until.saturating_duration_since(Instant::now());
        self.dial.until(until - left / 20);
        self.tail.clear();
        let mut stage = "no answer";
        let answer = timeout_at(until, self.exchange(question, &mut stage)).await;
        answer.unwrap_or_else(|_| Err(Failure::new(Reason::Timeout, stage)))
    }

    async fn exchange(
        &mut self,
        question: &Question<'_>,
        stage: &mut &'static str,
    ) -> Result<Answer, Failure> {
        let mut request = self
            .awc
            .request(question.method.clone(), self.uri(question.path)?)
            .no_decompress()
            .insert_header((USER_AGENT, concat!("vitals/", env!("CARGO_PKG_VERSION"))))
            .insert_header(("accept", question.accept))
            .insert_header((ACCEPT_ENCODING, "gzip"));
        let cookies = self.cookies.header();
        let is_unknown = cookies.is_none() || self.is_doubted;
        if let Some(text) = self.authorization.as_ref().filter(|_| is_unknown) {
            request = request.insert_header((AUTHORIZATION, text.as_str()));
        }
        let proxied = self.proxy.as_ref().and_then(Proxy::authorization);
        if let Some(text) = proxied {
            request = request.insert_header((PROXY_AUTHORIZATION, text));
        }
        if let Some(cookies) = cookies {
            request = request.insert_header((COOKIE, cookies));
        }
        let sent = match question.json.clone() {
            Some(json) => request
                .insert_header((CONTENT_TYPE, "application/json"))
                .send_body(json),
            None => request.send(),
        };
        let mut response = sent.await.map_err(|error| unsent(&error))?;
        *stage = "the answer did not come to its end";
        self.cookies.take(response.headers());

        if let Some(proxy) = &self.proxy
            && response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED
        {
            let detail = format!("the proxy {}: it answered 407", proxy.endpoint());
            return Err(Failure::new(Reason::Auth, detail));
        }
        let length = content_length(response.headers());
        if length.is_some_and(|length| length > question.limit as u64) {
            return Err(too_large(question.limit));
        }
        if length.is_none() && !is_chunked(response.headers()) && is_unbounded(&response) {
            let detail = "the answer does not say where its body ends";
            return Err(Failure::new(Reason::Http, detail));
        }
        let announced = length.and_then(|length| usize::try_from(length).ok());
        let room = announced.unwrap_or_default().min(BELIEVED);
        let mut body = BytesMut::with_capacity(room);
        while let Some(part) = response.next().await {
            let part = part.map_err(|error| cut(&error))?;
            if body.len() + part.len() > question.limit {
                return Err(too_large(question.limit));
            }
            body.extend_from_slice(&part);
        }
        let is_whole = match length {
            Some(length) => body.len() as u64 == length,
            None if is_chunked(response.headers()) => self.tail.ends_chunked_body(),
            None => true, // its end is the connection's
        };
        if !is_whole {
            let detail = format!("the body ended after {} bytes", body.len());
            return Err(Failure::new(Reason::Truncated, detail));
        }
        let encoding = text(response.headers(), CONTENT_ENCODING);
        let body = inflate(body.freeze(), encoding, question.limit)?;
        let content_type = text(response.headers(), CONTENT_TYPE);
        let content_type = content_type.split(';').next().unwrap_or_default().trim();
        Ok(Answer {
            status: response.status(),
            content_type: content_type.to_ascii_lowercase(),
            simulated: response.headers().contains_key(SIMULATED),
            body,
        })
    }

    /// As awc is to ask for it. TLS, if any, is below awc: to it all is plain.
    fn uri(&self, path: &str) -> Result<Uri, Failure> {
        let (server, path) = (self.url.endpoint().to_string(), self.url.path(path));
        let path = match self.proxy {
            // awc puts it into the first line as it is: there a proxy finds the whole of it.
            Some(_) => format!("http://{server}{path}"),
            None => path,
        };
        let uri = Uri::builder()
            .scheme("http")
            .authority(server)
            .path_and_query(path);
        uri.build()
            .map_err(|_| Failure::new(Reason::Http, "there is no such URL"))
    }
}

/// The end of the connection would be that of the body, which awc takes for none.
fn is_unbounded<S>(response: &ClientResponse<S>) -> bool {
    let without_body = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED];
    response.version() == Version::HTTP_11 && !without_body.contains(&response.status())
}

fn text(headers: &HeaderMap, name: awc::http::header::HeaderName) -> &str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    text(headers, CONTENT_LENGTH).trim().parse().ok()
}

fn is_chunked(headers: &HeaderMap) -> bool {
    let encoding = text(headers, TRANSFER_ENCODING).to_ascii_lowercase();
    encoding.contains("chunked")
}

fn unsent(error: &SendRequestError) -> Failure {
    let http = |detail: &str| Failure::new(Reason::Http, detail);
    match error {
        SendRequestError::Connect(error) => dial::failure(error).unwrap_or_else(|| {
            // The head did not come: the server hung up.
            Failure::new(Reason::Http, HUNG_UP)
        }),
        SendRequestError::Send(error) => {
            let detail = crate::net::connect::detail(error);
            http(&format!("the question could not be sent: {detail}"))
        }
        SendRequestError::Response(_) => http("what was answered is not HTTP"),
        SendRequestError::Timeout => Failure::new(Reason::Timeout, "no answer"),
        _ => http("the question could not be asked"),
    }
}

fn cut(error: &PayloadError) -> Failure {
    let detail = match error {
        PayloadError::Io(_) => "the connection broke within the body",
        _ => "the body is not as HTTP has it",
    };
    Failure::new(Reason::Truncated, detail)
}
