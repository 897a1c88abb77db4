//! A service that exists for as long as anybody is connected. actix-http's looks at the clock twice a
//! second, which wakes its thread four times: most of what an idle server would do.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
    task::{Context, Poll},
};

use actix_http::error::DispatchError;
use actix_service::{Service, ServiceFactory};
use futures::future::LocalBoxFuture;

/// Makes the service when somebody connects and nobody is; the last one who leaves drops it.
pub(super) struct WhileConnected<M, S> {
    make: Rc<M>,
    service: Rc<RefCell<Weak<S>>>,
}

impl<M, S> WhileConnected<M, S> {
    /// Services are those of the factory that `make` makes.
    pub(super) fn new(make: M) -> Self {
        WhileConnected {
            make: Rc::new(make),
            service: Rc::default(),
        }
    }
}

impl<M, F, C> Service<C> for WhileConnected<M, F::Service>
where
    M: Fn() -> F + 'static,
    F: ServiceFactory<C, Config = (), Error = DispatchError, InitError = ()> + 'static,
    C: 'static,
{
    type Response = F::Response;
    type Error = DispatchError;
    type Future = LocalBoxFuture<'static, Result<F::Response, DispatchError>>;

    /// Connections are bounded by the server.
    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), DispatchError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, connection: C) -> Self::Future {
        let (make, service) = (self.make.clone(), self.service.clone());
        Box::pin(async move {
            let there = service.borrow().upgrade();
            let in_use = match there {
                Some(in_use) => in_use,
                None => {
                    let made = make().new_service(()).await;
                    let made = Rc::new(made.map_err(|()| DispatchError::InternalError)?);
                    *service.borrow_mut() = Rc::downgrade(&made);
                    made
                }
            };
            in_use.call(connection).await
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, pin::pin};

    use actix_service::{fn_factory, fn_service};
    use futures::{future::ready, poll};
    use tokio::sync::oneshot;

    use super::*;

    #[actix_web::test]
    async fn it_is_made_for_the_first_and_gone_with_the_last() {
        let there = Rc::new(Cell::new(0));
        let made = Rc::new(Cell::new(0));
        struct There(Rc<Cell<u32>>);
        impl Drop for There {
            fn drop(&mut self) {
                self.0.set(self.0.get() - 1);
            }
        }
        let (counted, counting) = (there.clone(), made.clone());
        let served = WhileConnected::new(move || {
            let (counted, counting) = (counted.clone(), counting.clone());
            fn_factory(move || {
                counted.set(counted.get() + 1);
                counting.set(counting.get() + 1);
                let there = Rc::new(There(counted.clone()));
                ready(Ok::<_, ()>(fn_service(
                    move |open: oneshot::Receiver<()>| {
                        let there = there.clone();
                        async move {
                            let _there = there;
                            Ok::<_, DispatchError>(open.await.is_ok())
                        }
                    },
                )))
            })
        });
        let connect = || {
            let (close, open) = oneshot::channel();
            (close, Box::pin(served.call(open)))
        };
        for connected in [1, 2] {
            assert_eq!(there.get(), 0, "nobody is connected");
            let (close_one, mut one) = connect();
            let (close_other, mut other) = connect();
            assert!(poll!(&mut one).is_pending() && poll!(&mut other).is_pending());
            assert_eq!((there.get(), made.get()), (1, connected));
            close_one.send(()).unwrap();
            assert!(one.await.unwrap());
            assert_eq!(there.get(), 1, "for the other");
            close_other.send(()).unwrap();
            assert!(pin!(other).await.unwrap());
        }
        assert_eq!(there.get(), 0);
    }
}
