//! `POST /-/reload`: the settings, loaded anew.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    caller::Caller,
    error::{self, ErrorBody},
    shared::Shared,
};
use crate::{
    reload::ReloadError,
    settings::{self, SettingsError},
    settings_changed::Changed,
};

/// What is wrong with the settings.
#[derive(Serialize, ToSchema)]
struct Refused {
    error: RefusedContent,
}

#[derive(Serialize, ToSchema)]
struct RefusedContent {
    /// Always `bad_settings`.
    code: &'static str,
    /// For people.
    message: String,
    /// At most 50.
    problems: Vec<Problem>,
}

#[derive(Serialize, ToSchema)]
struct Problem {
    /// Where it is written: `file:line:column`, a variable, or a flag.
    at: String,
    /// What is wrong, and what is allowed.
    problem: String,
}

/// Load the settings anew
///
/// All or nothing: settings that are not good change nothing.
#[utoipa::path(
    post,
    path = "/-/reload",
    tag = "state",
    security(("token" = [])),
    responses(
        (status = 200, description = "What has changed", body = Changed),
        (status = 400, description = "The settings are not good, the old ones stay", body = Refused),
        (status = 401, description = "No token was shown", body = ErrorBody),
        (status = 403, description = "A wrong token was shown, or a host that is not known", body = ErrorBody),
        (status = 409, description = "Another reload is under way", body = ErrorBody),
        (status = 503, description = "It came to no end in time, or the service is overloaded", body = ErrorBody),
    )
)]
pub(crate) async fn reload(
    caller: Caller,
    request: HttpRequest,
    shared: Data<Shared>,
) -> HttpResponse {
    let reloaded = shared
        .reloader
        .reload(caller.to_string(), request.peer_addr())
        .await;
    match reloaded {
        Ok(changed) => HttpResponse::Ok().json(changed),
        Err(ReloadError::Settings(wrong)) => HttpResponse::BadRequest().json(refused(&wrong)),
        Err(problem @ ReloadError::UnderWay) => {
            error::error(StatusCode::CONFLICT, "under_way", &problem.to_string())
        }
        Err(problem) => error::unavailable(&problem.to_string()),
    }
}

fn refused(wrong: &SettingsError) -> Refused {
    let problem = |problem: &settings::Problem| Problem {
        at: problem.origin.to_string(),
        problem: problem.fault.to_string(),
    };
    let count = wrong.problems.len() + wrong.omitted;
    let noun = if count == 1 { "problem" } else { "problems" };
    Refused {
        error: RefusedContent {
            code: "bad_settings",
            message: format!("{count} {noun} in the settings; the old ones stay"),
            problems: wrong.problems.iter().map(problem).collect(),
        },
    }
}
