//! A port for a server that must be told one.

use std::net::TcpListener;

/// Free at this moment. Whoever starts a server on it must bear that somebody was faster.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// One that has, `above` it, another that is free, too: the bus of a node of a Cluster.
pub(crate) fn free_port_with(above: u16) -> u16 {
    loop {
        let port = free_port();
        let other = port.checked_add(above);
        if other.is_some_and(|other| TcpListener::bind(("127.0.0.1", other)).is_ok()) {
            return port;
        }
    }
}
