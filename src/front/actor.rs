//! The front actor: it owns the server, and drains it when it is told to stop.

use std::{net::TcpListener, sync::Arc};

use actix::{fut::wrap_future, prelude::*};
use actix_rt::ArbiterHandle;
use actix_web::{dev::ServerHandle, web::Data};
use supervision::{Exit, fail};

use super::{
    door,
    serving::{Serving, drain},
    shared::Shared,
};

pub(crate) struct Front {
    listener: Arc<TcpListener>,
    shared: Data<Shared>,
    drain_on: ArbiterHandle,
    handle: Option<ServerHandle>,
}

impl Front {
    /// `drain_on` is an arbiter that outlives this incarnation.
    pub(crate) fn new(
        listener: Arc<TcpListener>,
        shared: Arc<Shared>,
        drain_on: ArbiterHandle,
    ) -> Self {
        Front {
            listener,
            shared: Data::from(shared),
            drain_on,
            handle: None,
        }
    }
}

impl Actor for Front {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let serving = Serving::start(&self.listener, self.shared.clone(), self.drain_on.clone());
        match serving {
            Ok(serving) => {
                self.handle = serving.handle();
                ctx.spawn(wrap_future::<_, Self>(serving).map(|ended, me, ctx| {
                    // Taken, when it ends because it was told to.
                    if me.handle.take().is_some() {
                        let reason = format!("the HTTP server ended: {ended:?}");
                        fail(ctx, Exit::Error(reason));
                    }
                }));
            }
            Err(error) => {
                let reason = format!("the HTTP server could not start: {error}");
                fail(ctx, Exit::Error(reason));
            }
        }
    }

    fn stopping(&mut self, ctx: &mut Self::Context) -> Running {
        let Some(handle) = self.handle.take() else {
            return Running::Stop;
        };
        if tokio::runtime::Handle::try_current().is_err() {
            return Running::Stop; // dropped together with its runtime
        }
        // Without a successor nobody would answer those in the socket's queue.
        let last = self.shared.is_draining().then(|| self.listener.clone());
        let stopped = async move {
            if let Some(listener) = last {
                door::shut(&listener).await;
            }
            drain(handle).await;
        };
        ctx.spawn(wrap_future::<_, Self>(stopped).map(|(), _, ctx| ctx.stop()));
        Running::Continue
    }
}
