//! The control endpoint: what another process does to the simulated servers.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpRequest, HttpResponse, ResponseError, http::StatusCode, web};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use super::super::{
    control::{CommandError, Control},
    fault::Fault,
    options::Gates,
    sql::Planned,
    world::Command,
};

/// Longest body of a command.
const LONGEST: usize = 64 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    instance: Option<u16>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Restart {
    down_seconds: u64,
    starting_seconds: u64,
}

impl Default for Restart {
    fn default() -> Self {
        Restart {
            down_seconds: 30,
            starting_seconds: 10,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Host {
    host: String,
    status: String,
    #[serde(default = "an_hour")]
    for_seconds: u64,
}

fn an_hour() -> u64 {
    3_600
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Messages {
    nack: u64,
    errored: u64,
    invalid: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Alert {
    message: String,
    #[serde(default = "two")]
    severity: u8,
}

fn two() -> u8 {
    2
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    state: i8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Load {
    factor: f64,
    #[serde(default = "an_hour")]
    for_seconds: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pin {
    family: String,
    value: Option<String>,
}

impl ResponseError for CommandError {
    fn status_code(&self) -> StatusCode {
        match self {
            CommandError::Unknown(_) => StatusCode::NOT_FOUND,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).json(json!({ "error": self.to_string() }))
    }
}

/// All routes.
pub(crate) fn routes(control: web::Data<Arc<Control>>) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config
            .app_data(control)
            .app_data(web::PayloadConfig::new(LONGEST))
            .route("/state", web::get().to(state))
            .route("/fault", web::delete().to(clear))
            .default_service(web::post().to(command));
    }
}

type Told = Result<HttpResponse, CommandError>;

async fn state(control: web::Data<Arc<Control>>, which: web::Query<Which>) -> Told {
    Ok(HttpResponse::Ok().json(control.state(which.instance)?))
}

async fn clear(control: web::Data<Arc<Control>>, which: web::Query<Which>) -> Told {
    control.clear_faults(which.instance)?;
    done(&control).await
}

/// An empty body says nothing in particular.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, CommandError> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| CommandError::Body(error.to_string()))
}

async fn command(
    request: HttpRequest,
    control: web::Data<Arc<Control>>,
    which: web::Query<Which>,
    body: web::Bytes,
) -> Told {
    let which = which.instance;
    match request.path() {
        "/fault" => control.fault(which, &read::<Fault>(&body)?)?,
        "/production/start" => control.command(which, &Command::StartProduction)?,
        "/production/stop" => control.command(which, &Command::StopProduction)?,
        "/production/restart" => control.command(which, &Command::RestartProduction)?,
        "/iris/restart" => {
            let Restart {
                down_seconds: down,
                starting_seconds: starting,
            } = read(&body)?;
            control.command(which, &Command::RestartIris { down, starting })?;
        }
        "/failover" => control.command(which, &Command::Failover)?,
        "/advance" => {
            let Advance { seconds } = read(&body)?;
            control.advance(which, Duration::from_secs(seconds))?;
        }
        "/host" => {
            let Host {
                host,
                status,
                for_seconds,
            } = read(&body)?;
            control.set_status(which, &host, &status, for_seconds)?;
        }
        "/messages" => {
            let Messages {
                nack,
                errored,
                invalid,
            } = read(&body)?;
            control.messages(which, nack, errored, invalid)?;
        }
        "/alert" => {
            let Alert { message, severity } = read(&body)?;
            control.command(which, &Command::Alert { severity, message })?;
        }
        "/system_state" => {
            let State { state } = read(&body)?;
            control.command(which, &Command::SystemState(state))?;
        }
        "/load" => {
            let Load {
                factor,
                for_seconds: seconds,
            } = read(&body)?;
            control.command(which, &Command::Load { factor, seconds })?;
        }
        "/gates" => control.command(which, &Command::Gates(read::<Gates>(&body)?))?,
        "/pin" => {
            let Pin { family, value } = read(&body)?;
            control.pin(which, &family, value.as_deref())?;
        }
        "/sql" => control.plan(which, &read::<Planned>(&body)?)?,
        other => return Err(CommandError::Unknown(other.to_owned())),
    }
    done(&control).await
}

/// Once the listeners are as they should be.
async fn done(control: &Control) -> Told {
    control.settled().await;
    Ok(HttpResponse::Ok().json(json!({ "ok": true, "simulated": true })))
}
