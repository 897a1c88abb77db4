//! How our own requests to somebody fare: what is known of its answers where it tells nothing itself.

use std::time::Duration;

use tokio::time::Instant;

use super::window::Window;

/// What response times are averaged over.
pub(super) const MINUTE: Duration = Duration::from_secs(60);
/// What errors are counted in.
pub(super) const FIVE_MINUTES: Duration = Duration::from_secs(300);
/// Errors of fewer requests are no ratio.
pub(super) const FEWEST_REQUESTS: f64 = 20.0;

/// What an operator is told then.
pub(super) const FEW_REQUESTS: &str = "fewer than 20 requests in 5 minutes";

/// Requests of the last minutes.
#[derive(Debug)]
pub(super) struct OwnRequests {
    /// Good answers, and the seconds they took.
    answered: Window,
    /// All requests, and those without a good answer.
    asked: Window,
    begun: bool,
}

impl Default for OwnRequests {
    fn default() -> Self {
        OwnRequests {
            answered: Window::new(MINUTE),
            asked: Window::new(FIVE_MINUTES),
            begun: false,
        }
    }
}

impl OwnRequests {
    /// Adds one that began at `began`, and how long its good answer took, if it had one.
    pub(super) fn add(&mut self, began: Instant, took: Option<Duration>) {
        if !self.begun {
            self.begun = true;
            self.answered.add(&[0.0, 0.0], began);
            self.asked.add(&[0.0, 0.0], began);
        }
        let now = Instant::now().max(began + Duration::from_nanos(1));
        match took {
            Some(took) => self.answered.add(&[1.0, took.as_secs_f64()], now),
            None => self.answered.add(&[0.0, 0.0], now),
        }
        let failed = if took.is_some() { 0.0 } else { 1.0 };
        self.asked.add(&[1.0, failed], now);
    }

    /// Seconds to a good answer, on average over the last minute.
    pub(super) fn mean_seconds(&self) -> Option<f64> {
        let sums = self.answered.sums()?;
        let (answered, seconds) = (sums.new.first()?, sums.new.get(1)?);
        (*answered > 0.0).then(|| seconds / answered)
    }

    /// The share of those without a good answer in the last five minutes, once there were enough.
    pub(super) fn error_ratio(&self) -> Option<f64> {
        let sums = self.asked.sums()?;
        let (asked, failed) = (sums.new.first()?, sums.new.get(1)?);
        (*asked >= FEWEST_REQUESTS).then(|| failed / asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn means_are_of_the_good_and_ratios_of_enough() {
        let mut requests = OwnRequests::default();
        let mut ask = async |took: Option<u64>| {
            let began = Instant::now();
            tokio::time::advance(Duration::from_secs(5)).await;
            requests.add(began, took.map(Duration::from_millis));
            let round = |value: f64| (value * 1e9).round() / 1e9;
            (
                requests.mean_seconds().map(round),
                requests.error_ratio().map(round),
            )
        };
        assert_eq!(ask(None).await, (None, None));
        assert_eq!(ask(Some(100)).await, (Some(0.1), None));
        for _ in 0..17 {
            ask(Some(200)).await;
        }
        assert_eq!(
            ask(Some(200)).await,
            (Some(0.2), Some(0.05)),
            "the twentieth"
        );
        for _ in 0..60 {
            ask(Some(200)).await;
        }
        assert_eq!(
            ask(Some(200)).await.1,
            Some(0.0),
            "it was more than five minutes ago"
        );
    }
}
