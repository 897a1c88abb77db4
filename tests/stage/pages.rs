//! A server of pages: each answer is what it says at the moment.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    thread,
};

/// Answers every request in the same way. Its thread ends with the tests.
pub(crate) struct Pages {
    pub(crate) address: SocketAddr,
    page: Arc<Mutex<(u16, String)>>,
}

impl Pages {
    pub(crate) fn start(page: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let page = Arc::new(Mutex::new((200, page.to_owned())));
        let shown = page.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                while lines
                    .next()
                    .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
                {}
                let (status, page) = shown.lock().unwrap().clone();
                let head = format!(
                    "HTTP/1.1 {status} So\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\
                     Connection: close\r\n\r\n",
                    page.len()
                );
                let _ = stream.write_all((head + &page).as_bytes());
            }
        });
        Pages { address, page }
    }

    pub(crate) fn say(&self, page: &str) {
        self.say_with(200, page);
    }

    pub(crate) fn say_with(&self, status: u16, page: &str) {
        *self.page.lock().unwrap() = (status, page.to_owned());
    }
}
