//! Whoever listens on Redis: `redis-cli subscribe`, as a consumer would.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
};

use serde_json::Value;

use super::{redis::Redis, until::DEADLINE};

/// Killed when it is dropped.
pub(crate) struct Subscriber {
    process: Child,
    lines: Receiver<String>,
}

impl Subscriber {
    /// One that hears everything on a channel from now on.
    pub(crate) fn of(redis: &Redis, channel_name: &str) -> Self {
        let port = redis.port().to_string();
        let mut process = Command::new("redis-cli")
            .args(["-p", &port, "subscribe", channel_name])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (told, lines) = channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if told.send(line).is_err() {
                    return;
                }
            }
        });
        let subscriber = Subscriber { process, lines };
        // `subscribe`, the channel, and how many it has.
        assert_eq!(subscriber.line(), "subscribe");
        assert_eq!(subscriber.line(), channel_name);
        subscriber.line();
        subscriber
    }

    #[track_caller]
    fn line(&self) -> String {
        self.lines
            .recv_timeout(DEADLINE)
            .expect("a line of redis-cli")
    }

    /// The next message.
    #[track_caller]
    pub(crate) fn next(&self) -> Value {
        assert_eq!(self.line(), "message");
        self.line();
        let message = self.line();
        serde_json::from_str(&message).unwrap_or_else(|error| panic!("{error}: {message}"))
    }

    /// The next message about alerts of this name.
    #[track_caller]
    pub(crate) fn next_of(&self, alertname: &str) -> Value {
        loop {
            let message = self.next();
            if message["labels"]["alertname"] == alertname {
                return message;
            }
        }
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
