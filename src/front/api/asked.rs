//! Who asks, and within which limits.

use std::{sync::Arc, time::Duration};

use actix_web::HttpRequest;
use promql::Limits;

use super::{desk::Order, limits::limits};
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
            limits: limits(&settings.query),
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
