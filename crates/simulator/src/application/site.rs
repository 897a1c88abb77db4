//! The routes of the application, and the work behind them.

use std::{
    future::{Future, pending},
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    body::SizedStream,
    http::StatusCode,
    web::{self, Bytes},
};
use futures::{StreamExt, stream};
use parking_lot::Mutex;
use tokio::time::sleep;

use super::{
    cache::{Cache, Found},
    counts::Counts,
    fault::{Fault, Faults},
    metrics::{self, Extra},
};

/// What says that an answer is simulated.
const SIMULATED: (&str, &str) = ("X-Simulated", "vitals");
/// From the cache, and from the slower place behind it.
const QUICK: Duration = Duration::from_millis(2);
const SLOW: Duration = Duration::from_millis(40);
const REPORT: Duration = Duration::from_millis(80);
/// What was sent gets to the client before the connection breaks.
const BREAKS_AFTER: Duration = Duration::from_millis(30);
const LOGIN: &str = "/login";
/// Requests of users that fail by chance.
const CHANCE: f64 = 0.004;

/// The application.
pub(super) struct Site {
    pub(super) cache: Cache,
    pub(super) counts: Mutex<Counts>,
    pub(super) faults: Mutex<Faults>,
    pub(super) steady: bool,
}

type State = web::Data<Arc<Site>>;

/// All routes.
pub(super) fn routes(site: State) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config
            .app_data(site)
            .route("/health", web::get().to(health))
            .route("/metrics", web::get().to(metrics))
            .route("/api/login", web::get().to(login))
            .route("/api/logout", web::get().to(logout))
            .route("/api/orders/{id}", web::get().to(order))
            .route("/api/reports", web::get().to(report));
    }
}

impl Site {
    /// Works, as long as nothing is wrong; counts what became of it. `work` says with which status it
    /// has ended.
    async fn serve(
        &self,
        route: &'static str,
        work: impl Future<Output = StatusCode>,
    ) -> HttpResponseBuilder {
        let began = Instant::now();
        let (hangs, delay, errors) = {
            let faults = self.faults.lock();
            let hangs = faults.has(&Fault::Hang);
            (hangs, faults.delay(), faults.error_ratio())
        };
        if hangs {
            pending::<()>().await;
        }
        sleep(delay).await;
        let chance = if self.steady { 0.0 } else { CHANCE };
        let fails = route.starts_with("/api/") && fastrand::f64() < errors.max(chance);
        let status = match fails {
            true => StatusCode::INTERNAL_SERVER_ERROR,
            false => work.await,
        };
        let mut counts = self.counts.lock();
        counts.answered(route, status.as_u16(), began.elapsed());
        let mut answer = HttpResponse::build(status);
        answer.insert_header(SIMULATED);
        answer
    }

    /// Time of work; not always the same, unless it is steady.
    async fn work(&self, time: Duration) {
        let factor = if self.steady {
            1.0
        } else {
            0.5 + fastrand::f64()
        };
        sleep(time.mul_f64(factor)).await;
    }
}

/// Of whoever has signed in.
fn session(request: &HttpRequest) -> Option<String> {
    let session = request.headers().get("x-session")?.to_str().ok()?;
    (session.len() <= 64).then(|| session.to_owned())
}

async fn health(site: State) -> HttpResponse {
    let work = async {
        let faults = site.faults.lock();
        match (faults.has(&Fault::Redirect), faults.has(&Fault::Ill)) {
            (true, _) => StatusCode::FOUND,
            (_, true) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::OK,
        }
    };
    let mut answer = site.serve("/health", work).await;
    answer.insert_header(("location", LOGIN)).body("{}")
}

async fn metrics(site: State) -> HttpResponse {
    let (redirects, extra, endless, truncated) = {
        let faults = site.faults.lock();
        let extra = Extra {
            bomb: faults.bomb(),
            patients: faults.has(&Fault::Patients),
        };
        let ends = (faults.has(&Fault::Endless), faults.has(&Fault::Truncated));
        (faults.has(&Fault::Redirect), extra, ends.0, ends.1)
    };
    let status = match redirects {
        true => StatusCode::FOUND,
        false => StatusCode::OK,
    };
    let mut answer = site.serve("/metrics", async { status }).await;
    if redirects {
        return answer.insert_header(("location", LOGIN)).finish();
    }
    let page = metrics::page(&mut site.counts.lock(), &extra);
    answer.content_type("text/plain; version=0.0.4; charset=utf-8");
    if endless {
        let more = Bytes::from("simulated_endless 1\n".repeat(1_000));
        let more = stream::repeat(more).map(Ok::<_, io::Error>);
        return answer.streaming(more);
    }
    if truncated {
        let length = page.len() as u64;
        let half = Bytes::from(page).split_to(length as usize / 2);
        // Time for the half to get there.
        let broken = stream::once(async {
            sleep(BREAKS_AFTER).await;
            Err(io::Error::other("a simulated fault"))
        });
        let body = stream::iter([Ok(half)]).chain(broken);
        return answer.body(SizedStream::new(length, Box::pin(body)));
    }
    answer.body(page)
}

async fn login(site: State, request: HttpRequest) -> HttpResponse {
    let work = async {
        site.work(QUICK).await;
        match session(&request) {
            Some(session) => {
                site.counts.lock().seen(&session);
                StatusCode::OK
            }
            None => StatusCode::UNAUTHORIZED,
        }
    };
    site.serve("/api/login", work).await.finish()
}

async fn logout(site: State, request: HttpRequest) -> HttpResponse {
    let work = async {
        if let Some(session) = session(&request) {
            site.counts.lock().left(&session);
        }
        StatusCode::OK
    };
    site.serve("/api/logout", work).await.finish()
}

async fn order(site: State, request: HttpRequest, id: web::Path<u32>) -> HttpResponse {
    let work = async {
        seen(&site, &request);
        let found = site.cache.get(*id).await;
        {
            let mut counts = site.counts.lock();
            match found {
                Found::Hit => counts.hits += 1,
                Found::Miss => counts.misses += 1,
                Found::Unknown => counts.cache_errors += 1,
            }
        }
        match found {
            Found::Hit => site.work(QUICK).await,
            Found::Miss | Found::Unknown => {
                site.work(SLOW).await;
                site.cache.put(*id).await;
            }
        }
        StatusCode::OK
    };
    site.serve("/api/orders/{id}", work).await.body("{}")
}

async fn report(site: State, request: HttpRequest) -> HttpResponse {
    let work = async {
        seen(&site, &request);
        site.work(REPORT).await;
        StatusCode::OK
    };
    site.serve("/api/reports", work).await.body("{}")
}

fn seen(site: &Site, request: &HttpRequest) {
    if let Some(session) = session(request) {
        site.counts.lock().seen(&session);
    }
}
