//! What is known of one connection, shared by its wire and by the requests that come over it. All
//! of them live on one thread.

use std::{cell::Cell, rc::Rc};

use actix_web::dev::ServiceRequest;
use vitals_actors::own::OwnMetrics;

/// A connection, counted for as long as it is open.
pub(crate) struct Line {
    /// Requests that have begun: their heads have come, whole.
    begun: Cell<u64>,
    /// Requests whose answers have not been handed over to the end.
    under_way: Cell<u32>,
    own: Rc<OwnMetrics>,
}

impl Line {
    pub(super) fn open(own: &Rc<OwnMetrics>) -> Rc<Self> {
        own.http_connections.inc();
        Rc::new(Line {
            begun: Cell::new(0),
            under_way: Cell::new(0),
            own: own.clone(),
        })
    }

    /// Counts a refusal.
    pub(super) fn refused(&self, reason: &str) {
        self.own.http_refused.with_label_values(&[reason]).inc();
    }

    /// A request has begun; it is under way until the ticket is dropped.
    pub(super) fn begin(self: &Rc<Self>) -> Ticket {
        self.begun.set(self.begun.get() + 1);
        self.under_way.set(self.under_way.get() + 1);
        Ticket(self.clone())
    }

    pub(super) fn begun(&self) -> u64 {
        self.begun.get()
    }

    pub(super) fn is_busy(&self) -> bool {
        self.under_way.get() > 0
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.own.http_connections.dec();
    }
}

/// A request under way.
pub(super) struct Ticket(Rc<Line>);

impl Ticket {
    /// For the request that has just come; none where it came over no wire, as in a test.
    pub(super) fn of(request: &ServiceRequest) -> Option<Self> {
        request.conn_data::<Rc<Line>>().map(Line::begin)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.under_way.set(self.0.under_way.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_busy_while_a_ticket_lives() {
        let own = Rc::new(OwnMetrics::new().unwrap());
        let line = Line::open(&own);
        assert_eq!(own.http_connections.get(), 1);
        assert_eq!((line.is_busy(), line.begun()), (false, 0));
        let ticket = line.begin();
        assert_eq!((line.is_busy(), line.begun()), (true, 1));
        drop(ticket);
        assert_eq!((line.is_busy(), line.begun()), (false, 1));
        drop(line);
        assert_eq!(own.http_connections.get(), 0);
    }
}
