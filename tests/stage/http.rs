//! Ordinary requests, each on a connection of its own.

use std::{sync::LazyLock, time::Duration};

use serde_json::Value;
use ureq::{
    Agent, AsSendBody,
    http::{HeaderMap, Request},
};

/// Bytes of an answer, of which none is as long.
const LONGEST: u64 = 100 << 20;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The code of one of our own errors, whose shape is the same everywhere.
    #[track_caller]
    pub(crate) fn error_code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/json"));
        let body = self.json();
        assert!(body["error"]["message"].is_string(), "{body}");
        let error = body["error"].as_object().unwrap();
        assert_eq!(
            (body.as_object().unwrap().len(), error.len()),
            (1, 2),
            "{body}"
        );
        error["code"].as_str().unwrap().to_owned()
    }
}

static AGENT: LazyLock<Agent> = LazyLock::new(|| {
    Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(20)))
        .max_idle_connections(0)
        .max_redirects(0)
        .proxy(None)
        .accept("")
        .accept_encoding("")
        .build()
        .new_agent()
});

#[track_caller]
pub(crate) fn get(url: &str, headers: &[(&str, &str)]) -> Answer {
    request("GET", url, headers).unwrap_or_else(|error| panic!("GET {url}: {error}"))
}

pub(crate) fn request(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
) -> Result<Answer, ureq::Error> {
    request_with(method, url, headers, ())
}

pub(crate) fn request_with(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: impl AsSendBody,
) -> Result<Answer, ureq::Error> {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut answer = AGENT.run(request.body(body).unwrap())?;
    Ok(Answer {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        body: answer
            .body_mut()
            .with_config()
            .limit(LONGEST)
            .read_to_string()?,
    })
}
