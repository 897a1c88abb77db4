//! How far long work is, in one line of a terminal; nothing where standard error is none.

use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

/// From one look to the next.
const EVERY: Duration = Duration::from_millis(100);
/// Characters of the bar.
const WIDTH: usize = 30;

/// The line.
pub(in crate::command) struct Progress {
    /// When it was drawn last; `None` where nobody sees it.
    drawn: Option<Instant>,
    began: Instant,
}

impl Progress {
    pub(in crate::command) fn begin() -> Self {
        let began = Instant::now();
        let drawn = io::stderr().is_terminal().then_some(began);
        Progress { drawn, began }
    }

    /// `part` of the work is done, from 0 to 1, if that is known; `count` of `what` so far.
    pub(in crate::command) fn tell(&mut self, part: Option<f64>, count: u64, what: &str) {
        let Some(drawn) = self.drawn.filter(|drawn| drawn.elapsed() >= EVERY) else {
            return;
        };
        self.drawn = Some(drawn + drawn.elapsed());
        let seconds = self.began.elapsed().as_secs_f64();
        let rate = short(count as f64 / seconds.max(0.001));
        let line = format!("{}{} {what}, {rate}/s", bar(part), short(count as f64));
        let _ = write!(io::stderr(), "\r\x1b[K{line}");
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

fn bar(part: Option<f64>) -> String {
    let Some(part) = part else {
        return String::new();
    };
    let part = part.clamp(0.0, 1.0);
    let full = (part * WIDTH as f64) as usize;
    let (done, left) = ("#".repeat(full), "-".repeat(WIDTH - full));
    format!("[{done}{left}] {:3.0} %  ", part * 100.0)
}

/// Three digits or so.
fn short(number: f64) -> String {
    match number {
        1e9.. => format!("{:.2} G", number / 1e9),
        1e6.. => format!("{:.2} M", number / 1e6),
        1e3.. => format!("{:.1} k", number / 1e3),
        _ => format!("{number:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_full_as_the_work_is_done() {
        assert_eq!(bar(None), "");
        assert_eq!(bar(Some(0.0)), format!("[{}]   0 %  ", "-".repeat(30)));
        let half = format!("[{}{}]  50 %  ", "#".repeat(15), "-".repeat(15));
        assert_eq!(bar(Some(0.5)), half);
        assert_eq!(bar(Some(7.0)), format!("[{}] 100 %  ", "#".repeat(30)));
        let shorts = [999.0, 1_500.0, 2e6, 3.21e9].map(short);
        assert_eq!(shorts, ["999", "1.5 k", "2.00 M", "3.21 G"]);
    }
}
