//! One port: listened on while its server is there, refused while it is not.

use std::{io, sync::Arc, time::Duration};

use actix_web::{App, HttpServer, dev::Server, web};
use futures::future::join;
use rustls::ServerConfig;
use tokio::{select, sync::watch, time::sleep};

use super::{
    super::control::Control,
    port::Port,
    reset::Resettable,
    site::{Site, routes},
};

/// How often it looks whether it should listen; commands make it look at once.
const LOOKS_EVERY: Duration = Duration::from_millis(25);
/// A connection on which nobody asks is closed after this long.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A port and what answers on it.
pub(crate) struct Listener {
    pub(crate) port: Port,
    pub(crate) site: web::Data<Site>,
    pub(crate) tls: Option<ServerConfig>,
    /// Where commands are given.
    pub(crate) control: Arc<Control>,
    /// Counts commands.
    pub(crate) commanded: watch::Receiver<u64>,
}

impl Listener {
    /// Keeps it as it should be, for ever.
    pub(crate) async fn keep(mut self) {
        loop {
            self.told(false);
            self.until(true).await;
            let server = match self.serve() {
                Ok(server) => server,
                Err(error) => {
                    log::warn!(
                        "simulated iris: cannot listen on {}: {error}",
                        self.port.address()
                    );
                    sleep(LOOKS_EVERY).await;
                    continue;
                }
            };
            self.told(true);
            let handle = server.handle();
            tokio::pin!(server);
            select! {
                _ = &mut server => continue,
                () = self.until(false) => {}
            }
            // At once: who is being answered is cut off, as when a server goes down.
            let _ = join(handle.stop(false), server).await;
        }
    }

    /// It should listen, or not: it does as long as one of its servers is there.
    fn wanted(&self) -> bool {
        self.site
            .servers
            .iter()
            .any(|(_, instance)| instance.accepts())
    }

    async fn until(&mut self, wanted: bool) {
        while self.wanted() != wanted {
            select! {
                changed = self.commanded.changed() => {
                    if changed.is_err() {
                        sleep(LOOKS_EVERY).await;
                    }
                }
                () = sleep(LOOKS_EVERY) => {}
            }
        }
    }

    fn told(&self, listening: bool) {
        for (_, instance) in &self.site.servers {
            instance.with(|inner| inner.listening = listening);
        }
        self.control.listeners_changed();
    }

    fn serve(&self) -> io::Result<Server> {
        let (site, connected) = (self.site.clone(), self.site.clone());
        let server = HttpServer::new(move || App::new().configure(routes(site.clone())))
            .workers(1)
            .keep_alive(KEEP_ALIVE)
            .disable_signals()
            .on_connect(move |stream, data| {
                connected.connected();
                Resettable::remember(stream, data);
            });
        let listener = self.port.listen()?;
        let server = match &self.tls {
            None => server.listen(listener)?,
            Some(tls) => server.listen_rustls_0_23(listener, tls.clone())?,
        };
        Ok(server.run())
    }
}
