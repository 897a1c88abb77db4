//! What measuring the host costs, on this machine. `cargo test --release -p vitals-actors --test cost
//! -- --ignored --nocapture` prints it.

use std::time::{Duration, Instant};

use vitals_actors::collector::{
    Collector,
    system::{SystemCollector, SystemSettings},
};

const DEADLINE: Duration = Duration::from_secs(5);

/// Slower than this and something is wrong, whatever the build and the machine.
const BEARABLE: Duration = Duration::from_millis(20);

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[tokio::test(start_paused = true)]
#[ignore = "measures time"]
async fn ticks_and_refreshes() {
    let mut collector = SystemCollector::new(SystemSettings::default());
    let (mut plain, mut grid, mut first, mut again) = (vec![], vec![], vec![], vec![]);
    for tick in 0..2_000 {
        let began = Instant::now();
        // The clock runs ahead of what is asked beside: some of that may be told to be late.
        collector.collect(DEADLINE).await.unwrap();
        let took = began.elapsed();
        match tick % 10 {
            0 => grid.push(took),
            _ => plain.push(took),
        }
        // A scrape every five seconds, with another one right behind it.
        if tick % 5 == 3 {
            for times in [&mut first, &mut again] {
                let began = Instant::now();
                collector.refresh(DEADLINE).await.unwrap();
                times.push(began.elapsed());
            }
        }
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    for (what, times) in [
        ("tick", plain),
        ("tick, every tenth", grid),
        ("refresh, the first within a second", first),
        ("refresh, further ones", again),
    ] {
        let median = median(times);
        println!("{what}: {median:?}");
        assert!(median < BEARABLE, "{what}: {median:?}");
    }
}
