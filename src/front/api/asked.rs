//! Who asks, and within which limits.

use std::{sync::Arc, time::Duration};

use actix_web::HttpRequest;
use promql::Limits;
use vitals_actors::history::Reader;

use super::{desk::Order, failure::Failure};
use crate::{front::shared::Shared, settings::Settings};

/// A request, and what it may cost.
pub(in crate::front) struct Asked<'r> {
    request: &'r HttpRequest,
    settings: Arc<Settings>,
    pub(in crate::front) limits: Limits,
}

impl<'r> Asked<'r> {
    pub(in crate::front) fn of(request: &'r HttpRequest, shared: &Shared) -> Self {
        let settings = shared.live.load_full();
        Asked {
            request,
            limits: settings.query.limits(),
            settings,
        }
    }

    /// To be done in the time the settings allow, or in less.
    pub(in crate::front) fn order(&self, deadline: Option<Duration>) -> Order<'r> {
        let longest = self.limits.timeout;
        Order {
            request: self.request,
            deadline: deadline.map_or(longest, |deadline| deadline.min(longest)),
            settings: self.settings.clone(),
        }
    }

    /// Steps of a range query.
    pub(in crate::front) fn max_points(&self) -> u32 {
        self.settings.query.max_points
    }
}

/// Looks something up in the history, or whatever else is no query, when it is its turn.
pub(super) async fn look_up<T: Send + 'static>(
    request: &HttpRequest,
    shared: &Shared,
    work: impl FnOnce(&Reader, &Limits) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let asked = Asked::of(request, shared);
    let (limits, head) = (asked.limits, shared.head.clone());
    let work = move |_: &_| work(&head.reader(), &limits);
    shared.desk.look_up(asked.order(None), work).await
}
