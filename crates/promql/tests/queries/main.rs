//! What a query tells of itself, and how it is kept within bounds.

mod bounds;
mod errors;
mod notes;
mod shortcuts;
mod text;

use exposition::Labels;
use promql::{Answer, Cancel, Engine, Error, MemoryStore, notation};

/// A store of series as test files write them, a minute between samples.
fn store(lines: &[&str]) -> MemoryStore {
    let mut store = MemoryStore::new();
    for line in lines {
        let (labels, values) = notation::series(line).expect(line);
        let values = notation::values(values).expect(line);
        let samples = (0..).map(|nth| nth * 60_000).zip(values);
        store.append(
            labels,
            samples.filter_map(|(time, value)| Some((time, value?))),
        );
    }
    store
}

fn labels(text: &str) -> Labels {
    notation::series(text).expect(text).0
}

fn instant(store: &MemoryStore, text: &str, at_ms: i64) -> Result<Answer, Error> {
    Engine::default()
        .parse(text)?
        .instant(store, at_ms, &Cancel::new())
}

fn range(store: &MemoryStore, text: &str, end_ms: i64) -> Result<Answer, Error> {
    let query = Engine::default().parse(text)?;
    query.range(store, 0, end_ms, 60_000, &Cancel::new())
}
