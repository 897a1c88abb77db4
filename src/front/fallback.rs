//! What is given while the aggregator does not answer: the last known, marked with its age.

use std::time::Duration;

use actix::{Context, Handler};
use actix_web::HttpResponseBuilder;
use supervision::{Answer, AskError, OnLane, Ref};
use vitals_actors::aggregator::Aggregator;

/// How long a request waits for the aggregator.
const DEADLINE: Duration = Duration::from_millis(150);

/// Asks the aggregator within the time a request has for it.
pub(crate) async fn ask<M>(aggregator: &Ref<Aggregator>, question: M) -> Result<M::Result, AskError>
where
    M: OnLane + Send + 'static,
    M::Result: Send,
    Aggregator: Handler<M> + actix::Actor<Context = Context<Aggregator>>,
    <Aggregator as Handler<M>>::Result: Answer<Aggregator, M>,
{
    aggregator.ask(question, DEADLINE).await
}

/// Says that the answer is an old one.
pub(crate) fn mark_stale(response: &mut HttpResponseBuilder, age: Duration) {
    response.insert_header(("Age", age.as_secs().to_string()));
    response.insert_header(("X-Vitals-Stale", "true"));
}
