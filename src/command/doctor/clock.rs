//! The clock: one that is wrong puts everything at the wrong time. It is held against those of the
//! servers whose pages Vitals reads.

use std::net::ToSocketAddrs;

use jiff::{Timestamp, fmt::rfc2822};
use vitals_actors::http::PageUrl;

use super::Finding;
use crate::{command::running, settings::Settings};

/// Nobody asks more servers for the time.
const MOST: usize = 8;
/// The head of an answer is enough.
const LONGEST: usize = 16 * 1024;
/// Before the first release: no clock is so far behind that was ever set.
const EARLIEST: i64 = 1_767_225_600; // 2026-01-01
/// Seconds. A header tells whole ones.
const WORTH_A_WORD: i64 = 5;
const WRONG: i64 = 60;
const REMEDY: &str = "let chrony or systemd-timesyncd set the clocks, here and there";

pub(super) fn examine(settings: &Settings) -> Finding {
    let now = Timestamp::now();
    if now.as_second() < EARLIEST {
        return Finding::fail("clock", format!("{now:.0} is years behind"), REMEDY);
    }
    let pages = settings.application.iter();
    let pages = pages.flat_map(|application| [&application.probe, &application.metrics]);
    let pages = pages.chain(settings.scrape.iter().map(|scrape| &scrape.url));
    let pages = pages
        .flatten()
        .filter(|page| !page.server().is_tls())
        .take(MOST);
    let offsets = pages.filter_map(|page| Some((offset(page)?, page.server().endpoint())));
    let worst = offsets.max_by_key(|(offset, _)| offset.abs());
    match worst {
        None => Finding::ok("clock", format!("{now:.0}, held against no other")),
        Some((offset, server)) => {
            let detail = format!("{now:.0}, {offset} s ahead of {server}");
            match offset.abs() {
                0..=WORTH_A_WORD => Finding::ok("clock", detail),
                ..=WRONG => Finding::warn("clock", detail, REMEDY),
                _ => Finding::fail("clock", detail, REMEDY),
            }
        }
    }
}

/// Seconds our clock is ahead of that of a server, as its answer says.
fn offset(page: &PageUrl) -> Option<i64> {
    let mut addresses = page
        .server()
        .endpoint()
        .to_string()
        .to_socket_addrs()
        .ok()?;
    let answer = running::get(addresses.next()?, page.path(), LONGEST).ok()?;
    let date = rfc2822::parse(&answer.date?).ok()?;
    Some(Timestamp::now().as_second() - date.timestamp().as_second())
}
