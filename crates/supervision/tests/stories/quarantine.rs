//! A message type that keeps killing its actor can be put away, if asked.
use crate::world::*;

async fn three_booms(
    quarantine: Option<Quarantine>,
) -> (Ref<Worker>, broadcast::Receiver<Event>, Root) {
    let child = worker_ref("w");
    let here = Placement::Shared(Arbiter::current());
    let spec = worker(&child, "w", &Log::default())
        .quarantine(quarantine)
        .placement(here);
    let root = grow(patient(Strategy::OneForOne).child(spec));
    let events = root.tree().events();
    for _ in 0..3 {
        assert_eq!(child.ask(Boom, SEC).await, Err(AskError::Crashed));
    }
    (child, events, root)
}

const POISONED: Result<(), AskError> = Err(AskError::Refused(Refused::Poisoned));

#[test]
fn off_by_default() {
    simulated(|| async {
        let (child, _events, _root) = three_booms(None).await;
        assert_eq!(child.ask(Boom, SEC).await, Err(AskError::Crashed));
    });
}

#[test]
fn three_panics_in_a_minute_put_the_type_away_for_a_minute() {
    simulated(|| async {
        let minute = 60 * SEC;
        let rule = Quarantine {
            panics: 3,
            within: minute,
            lasts: minute,
        };
        let (child, mut events, _root) = three_booms(Some(rule)).await;
        assert_eq!(child.ask(Boom, SEC).await, POISONED);
        assert!(child.ask(Count, SEC).await.is_ok(), "other types pass");
        let told = seen(&mut events).into_iter().any(|e| matches!(e.kind, EventKind::Quarantined { message, .. } if message.ends_with("Boom")));
        assert!(told);
        tokio::time::sleep(minute).await;
        assert_eq!(
            child.ask(Boom, SEC).await,
            Err(AskError::Crashed),
            "let out again"
        );
        for _ in 0..2 {
            tokio::time::sleep(minute).await;
            assert_eq!(
                child.ask(Boom, SEC).await,
                Err(AskError::Crashed),
                "once a minute is not three in a minute"
            );
        }
    });
}

#[test]
fn what_was_queued_before_is_refused_too() {
    simulated(|| async {
        let rule = Quarantine {
            panics: 1,
            within: SEC,
            lasts: 60 * SEC,
        };
        let child = worker_ref("w");
        let here = Placement::Shared(Arbiter::current());
        let spec = worker(&child, "w", &Log::default())
            .quarantine(Some(rule))
            .placement(here);
        let _root = grow(patient(Strategy::OneForOne).child(spec));
        let (a, b, c) = futures::join!(
            child.ask(Boom, SEC),
            child.ask(Boom, SEC),
            child.ask(Count, SEC)
        );
        assert_eq!((a, b, c), (Err(AskError::Crashed), POISONED, Ok((2, 1))));
    });
}
