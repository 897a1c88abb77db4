//! How fast it is on this machine. `cargo test --release -p vitals-actors --test alert_delivery --
//! --ignored --nocapture speed::measured` prints it.

use std::time::{Duration, Instant};

use outbox::{Options, Outbox};
use redis::cmd;

use super::stage::*;

/// Slower than this and something is wrong, whatever the build and the machine.
const BEARABLE: f64 = 500.0;

fn quantile(sorted: &[Duration], q: f64) -> Duration {
    sorted[((sorted.len() - 1) as f64 * q) as usize]
}

#[test]
#[ignore = "measures time"]
fn measured() {
    story(async {
        let folder = Folder::new("speed");
        let mut server = Server::redis(&[]);
        let options = Options {
            max_bytes: 64 << 20,
            ..Options::default()
        };
        let (outbox, _) = Outbox::open(&folder.0, options).unwrap();
        let vitals = Vitals::start(settings(&server.url()), outbox);
        vitals.tell(alert("Warm", 1)).await;
        vitals.delivered().await;

        let count = 20_000_u32;
        let began = Instant::now();
        for number in 1..=u64::from(count) {
            vitals.tell(alert("Many", number)).await;
        }
        vitals.delivered().await;
        let rate = f64::from(count) / began.elapsed().as_secs_f64();
        println!("told, written to disk, accepted by Redis: {rate:.0}/s");
        assert!(rate > BEARABLE, "{rate}");

        server.kill();
        for number in 1..=u64::from(count) {
            vitals.tell(alert("Waiting", number)).await;
        }
        assert!(server.up());
        let from = vitals.count("delivered");
        until(|| vitals.count("delivered") > from).await;
        let began = Instant::now();
        vitals.delivered().await;
        let rate = f64::from(count) / began.elapsed().as_secs_f64();
        println!("waiting, accepted by Redis once it is back: {rate:.0}/s");
        assert!(rate > BEARABLE, "{rate}");

        // A subscriber of its own, that does nothing but look at the clock.
        let mut connection = server.connection();
        let (tell, heard) = std::sync::mpsc::channel();
        let listening = std::thread::spawn(move || {
            let mut channels = connection.as_pubsub();
            channels.subscribe("vitals:alerts").unwrap();
            tell.send(Instant::now()).unwrap();
            while let Ok(message) = channels.get_message() {
                let at = Instant::now();
                if message.get_payload_bytes().is_empty() || tell.send(at).is_err() {
                    break;
                }
            }
        });
        heard.recv().unwrap();
        // What a write of that size takes on this disk, and a publication on this Redis.
        let probe = folder.0.join("probe");
        let mut syncs: Vec<_> = (0..1_000).map(|_| synced(&probe)).collect();
        syncs.sort_unstable();
        let mut times = Vec::new();
        for number in 1..=2_000 {
            let began = Instant::now();
            vitals.tell(alert("One", number)).await;
            times.push(heard.recv().unwrap() - began);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        times.sort_unstable();
        let (p50, p99) = (quantile(&times, 0.5), quantile(&times, 0.99));
        println!(
            "dispatcher to subscriber: p50 {p50:?}, p99 {p99:?}, max {:?}",
            times[1_999]
        );
        let (p50, p99) = (quantile(&syncs, 0.5), quantile(&syncs, 0.99));
        println!("of which one write and fdatasync: p50 {p50:?}, p99 {p99:?}");
        vitals.end().await;
        let mut end = cmd("PUBLISH");
        end.arg("vitals:alerts")
            .arg("")
            .exec(&mut server.connection())
            .unwrap();
        listening.join().unwrap();
    });
}

fn synced(path: &std::path::Path) -> Duration {
    use std::io::Write;
    let mut file = std::fs::File::options()
        .append(true)
        .create(true)
        .open(path)
        .unwrap();
    let began = Instant::now();
    file.write_all(&[7; 600]).unwrap();
    file.sync_data().unwrap();
    began.elapsed()
}
