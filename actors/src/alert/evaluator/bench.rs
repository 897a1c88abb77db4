//! What an evaluation needs and takes along, beside the actor, and what it brings back.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use promql::Cancel;

use super::{
    cause::{Evidence, is_of_this_host},
    figures::RuleFigures,
    processes::Processes,
};
use crate::{
    alert::{
        fingerprint::Fingerprint,
        state::{AlertState, Checkpoint, Evaluation, Evaluator},
    },
    history::Reader,
    standing::Standing,
};

/// Causes that are looked for after one evaluation: where everything fires at once, nobody reads them
/// all, and the first message must not wait for the last.
const MOST_CAUSES: usize = 20;

/// What an evaluation needs, and takes along.
pub(super) struct Bench {
    pub(super) evaluator: Evaluator,
    pub(super) processes: Processes,
}

/// What an evaluation brought back.
pub(super) struct Done {
    pub(super) evaluation: Evaluation,
    /// Why what has begun to fire does, as far as is known.
    pub(super) causes: HashMap<Fingerprint, Cause>,
    pub(super) checkpoint: Option<Checkpoint>,
    pub(super) figures: RuleFigures,
}

/// Why an alert fires.
pub(super) struct Cause {
    /// In words.
    pub(super) text: String,
    /// Of its rule.
    pub(super) expression: String,
}

impl Bench {
    /// Runs what is due, and looks for the causes of what has begun to fire.
    pub(super) fn work(
        &mut self,
        came: &BTreeSet<Arc<str>>,
        reader: &Reader,
        standing: &Standing,
        at: i64,
    ) -> Done {
        let Bench {
            evaluator,
            processes,
        } = self;
        evaluator.appended(came.iter().map(|name| &**name));
        let evaluation = evaluator.evaluate(reader, at, &Cancel::new());
        let mut causes = HashMap::new();
        let begun = evaluation.transitions.iter();
        let begun = begun.filter(|change| change.to == AlertState::Firing);
        for (number, change) in begun.enumerate() {
            let rule = evaluator.rules().find(|rule| rule.has(&change.labels));
            let Some(rule) = rule.map(|rule| rule.rule()) else {
                continue;
            };
            let mut evidence = Evidence {
                reader,
                standing,
                processes,
                at,
            };
            let text = match number < MOST_CAUSES {
                true => evidence.cause(&change.labels, &rule.query),
                false => String::new(),
            };
            let expression = rule.expression.clone();
            causes.insert(change.fingerprint, Cause { text, expression });
        }
        let changed = !evaluation.transitions.is_empty();
        Done {
            causes,
            checkpoint: changed.then(|| evaluator.checkpoint()),
            figures: RuleFigures::of(evaluator),
            evaluation,
        }
    }

    /// Looks at processes where somebody may soon want to know which are busy.
    pub(super) fn keep_looking(&mut self) {
        let rules = self.evaluator.rules();
        let mut active = rules.flat_map(|rule| rule.active_alerts());
        let soon = active
            .any(|alert| alert.state == AlertState::Pending && is_of_this_host(&alert.labels));
        self.processes.keep_looking(soon);
    }
}
