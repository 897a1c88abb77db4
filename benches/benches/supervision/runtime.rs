//! What runs a contender's process. Nobody's panics are printed.

use actix::System;
use tokio::runtime::{Builder, Runtime};

/// Asker and arbiter on one thread.
pub(crate) fn on_actix<T>(work: impl Future<Output = T>) -> T {
    silence();
    System::new().block_on(work)
}

/// Asker and actors on one thread.
pub(crate) fn on_tokio<T>(work: impl Future<Output = T>) -> T {
    silence();
    started(Builder::new_current_thread()).block_on(work)
}

/// Asker and actors on a thread per core; the asker is a task, as in a real program.
pub(crate) fn on_pool<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    silence();
    let runtime = started(Builder::new_multi_thread());
    let asker = runtime.spawn(work);
    runtime.block_on(asker).expect("the work does not panic")
}

fn started(mut builder: Builder) -> Runtime {
    builder
        .enable_all()
        .build()
        .expect("this machine has threads left")
}

fn silence() {
    std::panic::set_hook(Box::new(|_| {}));
}
