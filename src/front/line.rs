//! What is known of one connection, shared by its wire and by the requests that come over it. All
//! of them live on one thread.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    rc::Rc,
    task::{Poll, Waker},
};

use actix_web::dev::ServiceRequest;
use vitals_actors::own::OwnMetrics;

/// A connection, counted for as long as it is open.
pub(crate) struct Line {
    /// Requests that have begun: their heads have come, whole.
    begun: Cell<u64>,
    /// Requests whose answers have not been handed over to the end.
    under_way: Cell<u32>,
    /// The body of the request under way is being received.
    receiving: Cell<bool>,
    /// No further request is to come.
    over: Cell<bool>,
    /// The reader that waits for its turn.
    reader: RefCell<Option<Waker>>,
    /// The other side has closed the connection, or half of it.
    left: Cell<bool>,
    /// Who wants to know that.
    deserted: RefCell<Option<Waker>>,
    own: Rc<OwnMetrics>,
}

/// What the reader of a connection may take from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// The head of the next request.
    Head,
    /// The body of the request under way.
    Body,
    /// Nothing, before the request under way is answered.
    Answer,
    /// The rest, which nobody wants.
    Rest,
}

impl Line {
    pub(super) fn open(own: &Rc<OwnMetrics>) -> Rc<Self> {
        own.http_connections.inc();
        Rc::new(Line {
            begun: Cell::new(0),
            under_way: Cell::new(0),
            receiving: Cell::new(false),
            over: Cell::new(false),
            reader: RefCell::new(None),
            left: Cell::new(false),
            deserted: RefCell::new(None),
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

    /// A body is received for as long as this lives.
    pub(super) fn receive(self: &Rc<Self>) -> Receiving {
        self.receiving.set(true);
        self.wake();
        Receiving(self.clone())
    }

    /// The answer under way is the last.
    pub(super) fn end(&self) {
        self.over.set(true);
    }

    /// The other side sends nothing more.
    pub(super) fn leave(&self) {
        self.left.set(true);
        if let Some(waiting) = self.deserted.take() {
            waiting.wake();
        }
    }

    /// Returns once the other side sends nothing more: whoever asks by HTTP waits for his answer with
    /// an open connection. One request at a time is answered, so one at a time waits.
    pub(super) async fn gone(&self) {
        poll_fn(|cx| match self.left.get() {
            true => Poll::Ready(()),
            false => {
                *self.deserted.borrow_mut() = Some(cx.waker().clone());
                Poll::Pending
            }
        })
        .await;
    }

    pub(super) fn begun(&self) -> u64 {
        self.begun.get()
    }

    pub(super) fn turn(&self) -> Turn {
        match (self.under_way.get(), self.receiving.get(), self.over.get()) {
            (1.., true, _) => Turn::Body,
            (1.., false, _) => Turn::Answer,
            (0, _, true) => Turn::Rest,
            (0, _, false) => Turn::Head,
        }
    }

    /// Wakes this reader at the next turn.
    pub(super) fn wait(&self, reader: &Waker) {
        *self.reader.borrow_mut() = Some(reader.clone());
    }

    fn wake(&self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
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
        self.0.wake();
    }
}

/// A body that is being received.
pub(super) struct Receiving(Rc<Line>);

impl Drop for Receiving {
    fn drop(&mut self) {
        self.0.receiving.set(false);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures::poll;

    use super::*;

    #[test]
    fn a_request_has_its_turn_and_then_the_next_one() {
        let own = Rc::new(OwnMetrics::new().unwrap());
        let line = Line::open(&own);
        assert_eq!(own.http_connections.get(), 1);
        assert_eq!((line.turn(), line.begun()), (Turn::Head, 0));
        let ticket = line.begin();
        assert_eq!((line.turn(), line.begun()), (Turn::Answer, 1));
        let receiving = line.receive();
        assert_eq!(line.turn(), Turn::Body);
        drop(receiving);
        assert_eq!(line.turn(), Turn::Answer);
        line.end();
        assert_eq!(line.turn(), Turn::Answer, "of which all is sent");
        drop(ticket);
        assert_eq!((line.turn(), line.begun()), (Turn::Rest, 1));
        drop(line);
        assert_eq!(own.http_connections.get(), 0);
    }

    #[actix_web::test]
    async fn who_has_left_is_gone() {
        let line = Line::open(&Rc::new(OwnMetrics::new().unwrap()));
        let mut gone = pin!(line.gone());
        assert_eq!(poll!(&mut gone), Poll::Pending);
        line.leave();
        gone.await;
        line.gone().await;
    }
}
