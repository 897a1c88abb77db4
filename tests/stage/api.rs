//! The API of Prometheus, as its clients ask it: by GET, and by POST with a form.

use serde_json::Value;
use url::form_urlencoded;

use super::{
    http::{self, Answer},
    vitals::Vitals,
};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Parameters as they stand in a URL or in a form.
pub(crate) fn form(parameters: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(parameters);
    form.finish()
}

impl Vitals {
    /// Asks by GET.
    #[track_caller]
    pub(crate) fn asked(&self, path: &str, parameters: &[(&str, &str)]) -> Answer {
        self.get(&format!("{path}?{}", form(parameters)))
    }

    /// Asks by POST.
    #[track_caller]
    pub(crate) fn posted(&self, path: &str, parameters: &[(&str, &str)]) -> Answer {
        let form = form(parameters);
        http::request_with("POST", &self.url(path), &[FORM], &*form).unwrap()
    }

    /// The result of an instant query.
    #[track_caller]
    pub(crate) fn result(&self, query: &str) -> Value {
        let answer = self.posted("/api/v1/query", &[("query", query)]);
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        answer.json()["data"]["result"].clone()
    }

    /// The value of the first series of an instant query, if there is one.
    #[track_caller]
    pub(crate) fn value_of(&self, query: &str) -> Option<f64> {
        self.result(query)[0]["value"][1].as_str()?.parse().ok()
    }
}

/// What kind of error it is, in the shape all errors of the API have.
#[track_caller]
pub(crate) fn error_type(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.json();
    assert_eq!(body["status"], "error", "{body}");
    assert!(body["error"].is_string(), "{body}");
    assert_eq!(body.as_object().unwrap().len(), 3, "{body}");
    body["errorType"].as_str().unwrap().to_owned()
}
