//! Turns are taken, waited for, given back, and lost.

use std::sync::mpsc;

use actix_web::test::TestRequest;
use futures::{FutureExt, poll};

use super::*;

fn desk(concurrency: u32) -> Desk {
    let settings = &settings(concurrency).query;
    let head = CurrentHead::whole(tsdb::Head::in_memory(tsdb::Options::default()));
    Desk::new(settings, OwnMetrics::new().unwrap(), head)
}

/// Of which two may wait.
fn settings(concurrency: u32) -> Arc<Settings> {
    let mut settings = Settings::default();
    settings.query.concurrency = concurrency;
    settings.server.max_requests = 4;
    Arc::new(settings)
}

fn order(request: &HttpRequest, deadline: Duration) -> Order<'_> {
    Order {
        request,
        deadline,
        settings: settings(1),
    }
}

const LONG: Duration = Duration::from_secs(60);

#[actix_web::test]
async fn one_after_the_other_each_counted() {
    let desk = desk(1);
    let request = TestRequest::get().to_http_request();
    let (end, ended) = mpsc::channel::<()>();
    let first = desk.query(order(&request, LONG), move |_| {
        let _ = ended.recv();
        Ok(1)
    });
    let mut first = Box::pin(first);
    assert!(poll!(&mut first).is_pending());
    let own = &desk.own;
    assert_eq!(
        (own.queries_running.get(), own.queries_waiting.get()),
        (1, 0)
    );

    let impatient = order(&request, Duration::from_millis(20));
    let timed_out = desk.query(impatient, |_| Ok(())).await.unwrap_err();
    assert_eq!(timed_out.to_string(), "query timed out in query queue");
    assert_eq!(timed_out.kind(), FailureKind::Timeout);

    let mut second = Box::pin(desk.query(order(&request, LONG), |turn| Ok(turn.queued)));
    let mut third = Box::pin(desk.query(order(&request, LONG), |_| Ok(())));
    assert!(poll!(&mut second).is_pending() && poll!(&mut third).is_pending());
    let too_many = desk.query(order(&request, LONG), |_| Ok(())).await;
    assert_eq!(too_many.unwrap_err().kind(), FailureKind::Unavailable);
    drop(third);
    assert_eq!(own.queries_waiting.get(), 1);

    end.send(()).unwrap();
    assert_eq!(first.await, Ok(1));
    assert!(second.await.unwrap() > Duration::ZERO);
    assert_eq!(
        (own.queries_running.get(), own.queries_waiting.get()),
        (0, 0)
    );
    let counted = |outcome| own.queries.with_label_values(&[outcome]).get();
    assert_eq!(
        (
            counted("success"),
            counted("timeout"),
            counted("unavailable")
        ),
        (2, 1, 1)
    );
}

#[actix_web::test]
async fn a_request_that_is_dropped_stops_its_query() {
    let desk = desk(1);
    let request = TestRequest::get().to_http_request();
    let (told, stopped) = mpsc::channel();
    let query = desk.query(order(&request, LONG), move |turn| {
        while !turn.cancel.is_cancelled() {
            std::thread::yield_now();
        }
        let _ = told.send(());
        Ok(())
    });
    let mut query = query.boxed_local();
    assert!(poll!(&mut query).is_pending());
    drop(query);
    stopped.recv().unwrap();
    let cancelled = desk.own.queries.with_label_values(&["canceled"]);
    assert_eq!(cancelled.get(), 1);
    let next = desk.query(order(&request, LONG), |_| Ok(7)).await;
    assert_eq!(next, Ok(7), "its turn is given back");
}

#[actix_web::test]
async fn a_query_that_panics_is_answered_for() {
    let desk = desk(1);
    let request = TestRequest::get().to_http_request();
    let failed = desk
        .query(order(&request, LONG), |_| -> Result<(), Failure> {
            panic!("induced")
        })
        .await;
    assert_eq!(failed.unwrap_err().kind(), FailureKind::Internal);
    assert_eq!(desk.own.queries_running.get(), 0);
    assert_eq!(desk.query(order(&request, LONG), |_| Ok(7)).await, Ok(7));
}

#[actix_web::test]
async fn settings_are_followed() {
    let desk = desk(1);
    let request = TestRequest::get().to_http_request();
    let (end, ended) = mpsc::channel::<()>();
    let first = desk.query(order(&request, LONG), move |_| {
        let _ = ended.recv();
        Ok(())
    });
    let mut first = Box::pin(first);
    assert!(poll!(&mut first).is_pending());
    let mut another = order(&request, LONG);
    another.settings = settings(2);
    assert_eq!(desk.query(another, |_| Ok(7)).await, Ok(7));
    drop(end);
    assert_eq!(first.await, Ok(()));
}

#[test]
fn answers_have_places() {
    let desk = desk(1);
    let all = 10_000_000 * OF_A_SAMPLE;
    let place = desk.place(all).unwrap();
    assert_eq!(desk.place(1).unwrap_err().kind(), FailureKind::Unavailable);
    drop(place);
    assert!(desk.place(all + LEAST_ROOM).is_err());
    assert!(desk.place(0).is_ok());
}
