//! The control endpoint: what another process does to the application.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;

use super::{counts::Counts, fault::Fault, options::Users, site::Site};

/// Longest body of a command.
const LONGEST: usize = 4 * 1024;
/// Users at most.
pub(super) const MOST_USERS: u32 = 1_000;

/// The application, as it is moved.
pub(super) struct Control {
    pub(super) site: Arc<Site>,
    pub(super) users: watch::Sender<Users>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    users: u32,
    pause_ms: Option<u64>,
}

impl Control {
    pub(super) fn fault(&self, fault: Fault) {
        match fault {
            Fault::Reset => *self.site.counts.lock() = Counts::new(),
            fault => self.site.faults.lock().add(fault),
        }
    }
}

/// All routes.
pub(super) fn routes(control: web::Data<Arc<Control>>) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config
            .app_data(control)
            .app_data(web::PayloadConfig::new(LONGEST))
            .route("/state", web::get().to(state))
            .route("/fault", web::post().to(fault))
            .route("/fault", web::delete().to(cure))
            .route("/users", web::post().to(users));
    }
}

fn done() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "ok": true, "simulated": true }))
}

fn refused(why: &str) -> HttpResponse {
    HttpResponse::BadRequest().json(json!({ "error": why }))
}

async fn state(control: web::Data<Arc<Control>>) -> HttpResponse {
    let kind = control.site.cache.kind();
    HttpResponse::Ok().json(control.site.counts.lock().state(kind))
}

async fn fault(control: web::Data<Arc<Control>>, body: web::Bytes) -> HttpResponse {
    match serde_json::from_slice(&body) {
        Ok(Fault::Errors { ratio }) if !(0.0..=1.0).contains(&ratio) => {
            refused("a ratio is from 0 to 1")
        }
        Ok(fault) => {
            control.fault(fault);
            done()
        }
        Err(error) => refused(&error.to_string()),
    }
}

async fn cure(control: web::Data<Arc<Control>>) -> HttpResponse {
    control.site.faults.lock().clear();
    done()
}

async fn users(control: web::Data<Arc<Control>>, body: web::Bytes) -> HttpResponse {
    match serde_json::from_slice(&body) {
        Ok(Wanted { users, .. }) if users > MOST_USERS => refused("there are 0 to 1000 users"),
        Ok(Wanted { users, pause_ms }) => {
            let pause = pause_ms.map(|ms| Duration::from_millis(ms.max(1)));
            control.users.send_modify(|wanted| {
                wanted.number = users;
                wanted.pause = pause.unwrap_or(wanted.pause);
            });
            done()
        }
        Err(error) => refused(&error.to_string()),
    }
}
