//! What the head lets go: generations that do not fit into memory, and series of which nothing is
//! left.

use std::sync::Arc;

use crate::{
    core::{Core, count},
    head::Pen,
    options::millis,
    series::SeriesRef,
    view::View,
};

/// Drops the oldest generations that wait for their blocks in vain; without a journal those that
/// are beyond their age, too. `unused`: series that may be gone as well.
pub(crate) fn oldest(core: &Core, pen: &mut Pen, unused: Vec<SeriesRef>) {
    let mut dropped = Vec::new();
    {
        let mut view = core.view.write();
        let sizes: Vec<_> = view.heads.iter().map(|head| head.bytes()).collect();
        let mut bytes: usize = sizes.iter().sum();
        let mut heads = view.heads.clone();
        let floor = pen
            .newest
            .map(|newest| newest - millis(core.options.max_age));
        let is_old = |last: i64| !pen.journaled && floor.is_some_and(|floor| last < floor);
        for size in sizes {
            let over = bytes > core.options.max_unsealed_bytes;
            let old = heads[0].span().is_some_and(|(_, last)| is_old(last));
            if heads.len() < 2 || !(over || old) {
                break;
            }
            dropped.push(heads.remove(0));
            bytes -= size;
        }
        if !dropped.is_empty() {
            let rest = View::clone(&view);
            *view = Arc::new(View { heads, ..rest });
        }
    }
    let mut gone = unused;
    for head in dropped {
        if pen.journaled {
            count(&core.tallies.not_stored, head.samples());
            core.waiting.lock().shed(head.seq);
        }
        gone.extend(head.series());
    }
    series(core, pen, gone);
}

/// Forgets those series of which nothing is left. Who holds the pen knows that no sample arrives
/// meanwhile.
pub(crate) fn series(core: &Core, pen: &mut Pen, mut gone: Vec<SeriesRef>) {
    if gone.is_empty() {
        return;
    }
    let view = core.view();
    gone.sort_unstable();
    gone.dedup();
    gone.retain(|series| !pen.admission.is_active(*series) && !is_held(&view, *series));
    core.index.write().forget(&gone);
}

/// Whether any block or generation has samples of the series.
pub(crate) fn is_held(view: &View, series: SeriesRef) -> bool {
    let in_head = view.heads.iter().any(|head| head.extent(series).is_some());
    in_head
        || view
            .blocks
            .iter()
            .any(|block| !block.chunks_of(series).is_empty())
}
