//! Who asks, and within which limits.

use std::time::Duration;

use actix_web::HttpRequest;

use super::{desk::Order, limits::QueryLimits};
use crate::front::shared::Shared;

/// A request, and what it may cost.
pub(in crate::front) struct Asked<'r> {
    request: &'r HttpRequest,
    pub(in crate::front) limits: QueryLimits,
    most_requests: u32,
}

impl<'r> Asked<'r> {
    pub(in crate::front) fn of(request: &'r HttpRequest, shared: &Shared) -> Self {
        Asked {
            request,
            limits: QueryLimits::default(),
            most_requests: shared.live.load().server.max_requests,
        }
    }

    /// To be done until then, and no later than the settings allow.
    pub(in crate::front) fn order(&self, deadline: Duration) -> Order<'r> {
        Order {
            request: self.request,
            deadline: deadline.min(self.limits.timeout),
            most_requests: self.most_requests,
        }
    }
}
