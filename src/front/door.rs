//! The way in, and how it is shut when the process stops: whoever has got through so far is still
//! to be answered, and nobody else may think to have got through.
//!
//! The kernel completes connections by itself and keeps them in a queue. Those that come after the
//! server has stopped to accept would be cut off by the end of the process, their requests sent. So
//! the kernel is told first to take no more; then the queue is accepted to its end.

use std::{io, net::TcpListener, time::Duration};

use socket2::{SockFilter, SockRef};

/// The queue is accepted as it fills; what the kernel is in the middle of takes a round trip.
const QUEUE: Duration = Duration::from_millis(50);

/// A program for the kernel's packet filter (classic BPF): drops what opens a connection, lets all
/// else pass. It sees a packet from its TCP header on.
const NO_SYN: [SockFilter; 5] = [
    SockFilter::new(0x30, 0, 0, 13),       // load the byte of the flags
    SockFilter::new(0x54, 0, 0, 0x12),     // keep SYN and ACK
    SockFilter::new(0x15, 0, 1, 0x02),     // a SYN alone?
    SockFilter::new(0x06, 0, 0, 0),        // drop it
    SockFilter::new(0x06, 0, 0, u32::MAX), // let it pass
];

/// Shuts the way in, and waits until those in the queue have been accepted. Others get no answer,
/// and are refused when the process has ended.
pub(super) async fn shut(listener: &TcpListener) {
    match refuse_new(listener) {
        Ok(()) => tokio::time::sleep(QUEUE).await,
        // Whoever comes in the last moment is cut off, then.
        Err(error) => log::debug!("the way in stays open: {error}"),
    }
}

fn refuse_new(listener: &TcpListener) -> io::Result<()> {
    SockRef::from(listener).attach_filter(&NO_SYN)
}

#[cfg(test)]
mod tests {
    use std::{
        io::{ErrorKind, Read, Write},
        net::TcpStream,
    };

    use super::*;

    #[test]
    fn who_is_in_the_queue_is_served_and_nobody_else_gets_in() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut early = TcpStream::connect(address).unwrap();
        refuse_new(&listener).unwrap();

        let late = TcpStream::connect_timeout(&address, Duration::from_millis(100));
        assert_eq!(late.err().unwrap().kind(), ErrorKind::TimedOut);

        early.write_all(b"?").unwrap();
        let (mut accepted, _) = listener.accept().unwrap();
        let mut asked = [0];
        accepted.read_exact(&mut asked).unwrap();
        accepted.write_all(b"!").unwrap();
        let mut answer = [0];
        early.read_exact(&mut answer).unwrap();
        assert_eq!((asked, answer), (*b"?", *b"!"));

        drop(listener);
        let refused = TcpStream::connect(address);
        assert_eq!(refused.err().unwrap().kind(), ErrorKind::ConnectionRefused);
    }
}
