//! `status/config`: the settings that count, without their secrets.

use actix_web::{HttpResponse, web::Data};
use serde_json::json;

use super::super::{
    answer::success,
    failure::{Failure, FailureBody, FailureKind},
};
use crate::{front::shared::Shared, settings::Settings};

/// Stands for what nobody is shown.
const HIDDEN: &str = "<secret>";

/// The settings
///
/// As Prometheus 3 answers, but the text is TOML. No secrets are in it.
#[utoipa::path(
    get,
    path = "/api/v1/status/config",
    tag = "query",
    responses(
        (status = 200, description = "`data`: `yaml`", body = serde_json::Value),
        (status = 500, description = "`internal`", body = FailureBody),
    )
)]
pub(crate) async fn config(shared: Data<Shared>) -> Result<HttpResponse, Failure> {
    let settings = shared.live.load_full();
    let text = shown(&settings).map_err(|error| {
        let message = format!("the settings cannot be written: {error}");
        Failure::new(FailureKind::Internal, message)
    })?;
    Ok(success(json!({ "yaml": text })))
}

/// Passwords and tokens are hidden by their types; in URLs there may be others.
fn shown(settings: &Settings) -> Result<String, toml::ser::Error> {
    let mut value = toml::Value::try_from(settings)?;
    hide(&mut value);
    toml::to_string(&value)
}

fn hide(value: &mut toml::Value) {
    match value {
        toml::Value::String(text) => *text = hidden(text),
        toml::Value::Array(all) => all.iter_mut().for_each(hide),
        toml::Value::Table(all) => all.iter_mut().for_each(|(_, value)| hide(value)),
        _ => {}
    }
}

/// A URL without its user and its query; any other text as it is.
fn hidden(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let (place, query) = match rest.split_once('?') {
        Some((place, _)) => (place, format!("?{HIDDEN}")),
        None => (rest, String::new()),
    };
    let end = place.find('/').unwrap_or(place.len());
    let (authority, path) = place.split_at(end);
    let authority = match authority.rsplit_once('@') {
        Some((_, host)) => format!("{HIDDEN}@{host}"),
        None => authority.to_owned(),
    };
    format!("{scheme}://{authority}{path}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_shown_without_what_may_be_secret() {
        for (text, expected) in [
            ("10s", "10s"),
            ("who? me", "who? me"),
            ("http://iris:52773", "http://iris:52773"),
            ("http://a/b?token=x&y", "http://a/b?<secret>"),
            ("redis://:hunter2@r:6379/0", "redis://<secret>@r:6379/0"),
            ("redis://u:p@w@r", "redis://<secret>@r"),
        ] {
            assert_eq!(hidden(text), expected);
        }
    }

    #[test]
    fn all_sections_are_there() {
        let text = shown(&Settings::default()).unwrap();
        let read: toml::Table = text.parse().unwrap();
        assert_eq!(read["server"]["address"].as_str(), Some("127.0.0.1:9090"));
        assert_eq!(read["collect"]["interval"].as_str(), Some("10s"));
    }
}
