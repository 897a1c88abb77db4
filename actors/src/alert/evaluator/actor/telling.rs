//! Tells the dispatcher what changed, and all that fires; leaves it where the summary finds it.

use std::{mem, sync::Arc};

use actix::{fut::wrap_future, prelude::*};
use jiff::Timestamp;

use super::{BACK, EvaluatorActor};
use crate::{
    alert::{evaluator::TELL_ALL, fingerprint::Fingerprint},
    messages::{Alerted, Firing},
};

impl EvaluatorActor {
    /// Leaves what fires where the summary finds it.
    pub(super) fn show(&self) {
        if !self.slot.is_current() {
            return;
        }
        let firing = Arc::new(self.told.summary());
        self.settings.last_known.firing.store(firing);
        let _ = self.settings.aggregator.tell(Alerted);
    }

    /// Hands on what changed, in order; the next evaluation waits until the dispatcher has it.
    pub(super) fn send(&mut self, ctx: &mut Context<Self>) {
        if self.sending {
            return;
        }
        let ruling = self.settings.ruling.load();
        let Some(next) = self.told.next(&ruling.settings.external_url) else {
            return;
        };
        self.sending = true;
        let dispatcher = self.settings.dispatcher.clone();
        let sent = async move { dispatcher.tell_wait(next).await };
        ctx.spawn(wrap_future::<_, Self>(sent).map(|_, me, ctx| {
            // Refused only at the end of the process: what fires is told anew by the next.
            me.told.sent();
            me.sending = false;
            me.send(ctx);
            if !me.told.is_all_sent() {
                return;
            }
            if mem::take(&mut me.confirm) {
                me.tell_firing(false, ctx);
            }
            if me.again {
                me.run_rested(ctx);
            }
        }));
    }

    /// Everything that fires: what was lost on the way is made good by the difference.
    pub(super) fn tell_all(&mut self, ctx: &mut Context<Self>) {
        self.tell_firing(true, ctx);
    }

    /// `again`: once more when the dispatcher has been told what it does not know.
    fn tell_firing(&mut self, again: bool, ctx: &mut Context<Self>) {
        let Some(bench) = &self.bench else { return };
        if self.sending || !self.told.is_all_sent() {
            return;
        }
        // What begins to fire meanwhile waits: were it to overtake this, the dispatcher would take it
        // to be over.
        self.sending = true;
        let ruling = self.settings.ruling.load();
        let external_url = &ruling.settings.external_url;
        let alerts = self.told.all(&bench.evaluator, external_url);
        self.show();
        let now = self.now_ms();
        let at = Timestamp::from_millisecond(now).unwrap_or_default();
        let dispatcher = self.settings.dispatcher.clone();
        let asked = async move { dispatcher.ask(Firing { alerts, at }, TELL_ALL).await };
        ctx.spawn(wrap_future::<_, Self>(asked).map(move |unknown, me, ctx| {
            me.sending = false;
            // Were the dispatcher full, the next time comes in a minute.
            let unknown = unknown.unwrap_or_default();
            if unknown.is_empty() {
                return me.send(ctx);
            }
            me.confirm = again;
            me.tell_of(unknown, now, ctx);
        }));
    }

    /// What the dispatcher does not know of.
    fn tell_of(
        &mut self,
        unknown: Vec<(Fingerprint, Timestamp)>,
        at: i64,
        ctx: &mut Context<Self>,
    ) {
        match &self.bench {
            Some(bench) => self.told.tell_of(&unknown, at, &bench.evaluator),
            None => {
                // Again as soon as it is back.
                ctx.run_later(BACK, move |me, ctx| me.tell_of(unknown, at, ctx));
            }
        }
        self.send(ctx);
    }
}
