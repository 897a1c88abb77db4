//! A scrape sees the host as it is at that moment.

use std::{net::UdpSocket, time::Duration};

use crate::stage::{RunsOn, Setup, pause};

#[test]
fn what_is_scraped_lies_between_a_reading_before_and_one_after() {
    let vitals = Setup::new().ready();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let to = socket.local_addr().unwrap();
    for _ in 0..20 {
        for _ in 0..20 {
            socket.send_to(&[0; 1000], to).unwrap();
        }
        let before = RunsOn::read();
        // What was measured before is now older than a scrape bears.
        pause(Duration::from_millis(25));
        let page = vitals.page();
        let after = RunsOn::read();
        for (series, least) in &before.0 {
            let (value, most) = (page.value(series), after.0[series]);
            // A tick of the kernel's clock, which is not one moment for all CPUs.
            let slack = if series.starts_with("node_cpu") {
                0.011
            } else {
                0.0
            };
            assert!(
                (least - slack..=most + slack).contains(&value),
                "{series}: {value} is not from {least} to {most}"
            );
        }
    }
}
