//! What is asked for, who asks, and the answer; how it travels is [`super::deliver`]'s.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpRequest, HttpResponse, web};
use tokio::time::sleep;

use super::{
    super::{
        access::{self, Denied},
        fault::{FaultKind, Faults, Scope},
        instance::Instance,
        world::Phase,
    },
    atelier, deliver,
    reply::Reply,
};

/// How often a request that hangs looks whether it still should.
const HANGING: Duration = Duration::from_millis(20);
/// Longest body of a request.
const LONGEST: usize = 256 * 1024;

/// The servers behind one port, by prefix.
pub(crate) struct Site {
    pub(crate) servers: Vec<(String, Arc<Instance>)>,
}

impl Site {
    /// A client has connected: to all servers behind the port, as it has not said which it means.
    pub(crate) fn connected(&self) {
        for (_, instance) in &self.servers {
            instance.with(|inner| inner.asked.connections += 1);
        }
    }

    fn route<'a>(&self, path: &'a str) -> Option<(&(String, Arc<Instance>), &'a str)> {
        self.servers.iter().find_map(|server| {
            let below = path.strip_prefix(&*server.0)?;
            (below.is_empty() || below.starts_with('/')).then_some((server, below))
        })
    }
}

/// The routes: everything is answered by one function, as prefixes and faults come first.
pub(crate) fn routes(site: web::Data<Site>) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config
            .app_data(site)
            .app_data(web::PayloadConfig::new(LONGEST))
            .default_service(web::to(answer));
    }
}

async fn answer(
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
    site: web::Data<Site>,
) -> HttpResponse {
    let Ok(body) = body else {
        return deliver::plain(Reply::page(413, None));
    };
    let Some(((prefix, instance), path)) = site.route(request.path()) else {
        return deliver::plain(Reply::page(404, None));
    };
    let scope = scope(path);
    let _in_flight = instance.arrive(scope);
    let faults = || instance.with(|inner| inner.faults.on(scope));
    while faults().has(FaultKind::Hang) {
        sleep(HANGING).await;
    }
    let faults = faults();
    let mut late = faults.delay(FaultKind::Slow);
    if scope == Scope::Atelier && request.method() == "POST" {
        late += faults.delay(FaultKind::SqlSlow);
    }
    if !late.is_zero() {
        sleep(late).await;
    }
    // Behind a port that others share, a server that is down cannot refuse: it hangs up.
    let down = instance.with(|inner| matches!(inner.world.phase, Phase::Down { .. }));
    if down || faults.has(FaultKind::Refuse) {
        return deliver::reset(&request, Reply::text(String::new()));
    }
    let reply = reply(&request, &body, prefix, path, scope, instance, &faults);
    deliver::deliver(&request, reply, &faults)
}

fn scope(path: &str) -> Scope {
    match path {
        "/api/monitor/metrics" => Scope::Metrics,
        "/api/monitor/alerts" => Scope::Alerts,
        other if other.starts_with("/api/atelier/") => Scope::Atelier,
        _ => Scope::All,
    }
}

/// Pages that stand in front of everything.
fn page(faults: &Faults) -> Option<Reply> {
    faults.iter().find_map(|fault| {
        let status = match fault.kind {
            FaultKind::Unauthorized => 401,
            FaultKind::Forbidden => 403,
            FaultKind::NotFound => 404,
            FaultKind::BadGateway => 502,
            FaultKind::GatewayTimeout => 504,
            FaultKind::Licences => 503,
            FaultKind::Redirect => 302,
            FaultKind::WrongContentType => 200,
            _ => return None,
        };
        Some(Reply::page(status, fault.plant.as_deref()))
    })
}

fn reply(
    request: &HttpRequest,
    body: &[u8],
    prefix: &str,
    path: &str,
    scope: Scope,
    instance: &Instance,
    faults: &Faults,
) -> Reply {
    if let Some(page) = page(faults) {
        return page;
    }
    if instance.with(|inner| matches!(inner.world.phase, Phase::Starting { .. })) {
        return Reply::page(503, None);
    }
    if scope == Scope::Atelier
        && let Some(disabled) = faults.get(FaultKind::SqlDisabled)
    {
        return Reply::page(404, disabled.plant.as_deref());
    }
    if scope == Scope::All {
        return Reply::page(404, None);
    }
    let header = |name: &str| {
        let values = request.headers().get_all(name);
        let values: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
        values.join("; ")
    };
    let authorization = header("authorization");
    let authorization = (!authorization.is_empty()).then_some(&*authorization);
    let admitted = match instance.admit(scope, authorization, &header("cookie")) {
        Ok(admitted) => admitted,
        Err(Denied::Unauthorized) => return Reply::page(401, None),
        Err(Denied::Forbidden) => return Reply::page(403, None),
        Err(Denied::NoUnits) => return Reply::page(503, None),
    };
    let mut reply = match (scope, request.method().as_str()) {
        (Scope::Metrics, "GET" | "HEAD") => Reply::text(instance.metrics(faults)),
        (Scope::Alerts, "GET") => Reply::json(200, faults.bend(instance.alerts())),
        (Scope::Atelier, _) => atelier::reply(request, path, body, instance, &admitted, faults),
        _ => Reply::page(405, None),
    };
    if let Some(id) = &admitted.new_session {
        let cookies = access::cookies(scope, prefix, id);
        reply
            .headers
            .extend(cookies.map(|cookie| ("set-cookie", cookie)));
    }
    if faults.has(FaultKind::NotUtf8) {
        reply
            .body
            .extend_from_slice(b"iris_latin1{id=\"Universit\xe4t\"} 1\n");
    }
    reply
}
