//! Properties of the state: whatever it is told and however it is looked at.

use proptest::prelude::*;

use super::*;

const START: i64 = 1_800_000_000;

fn setup(seed: u64, rate: f64) -> Setup {
    Setup {
        version: Version::V2026,
        seed,
        rate,
        steady: false,
        role: None,
        gates: Gates::default(),
    }
}

fn any_command() -> impl Strategy<Value = Command> {
    let status = prop_oneof![
        Just(Status::Retry),
        Just(Status::Error),
        Just(Status::Stopped)
    ];
    prop_oneof![
        Just(Command::StartProduction),
        Just(Command::StopProduction),
        Just(Command::RestartProduction),
        Just(Command::Failover),
        Just(Command::AlertsRead),
        Just(Command::Request),
        (0..60_u64, 0..60_u64).prop_map(|(down, starting)| Command::RestartIris { down, starting }),
        (0..20_usize, status, 0..100_u64).prop_map(|(host, status, seconds)| Command::SetStatus {
            host,
            status,
            seconds
        }),
        (0..50_u64).prop_map(Command::Nack),
        (0..20_usize, 0..50_u64).prop_map(|(host, count)| Command::Errored { host, count }),
        (0..50_u64).prop_map(Command::Invalid),
        (0.0..20.0, 0..100_u64).prop_map(|(factor, seconds)| Command::Load { factor, seconds }),
        (1..4_u8).prop_map(|severity| Command::Alert {
            severity,
            message: "A".to_owned()
        }),
    ]
}

fn commands() -> impl Strategy<Value = Vec<(i64, Command)>> {
    prop::collection::vec((0..120_i64, any_command()), 0..12)
}

/// Lives through all of it, looking every `step` seconds.
fn live(
    setup: Setup,
    commands: &[(i64, Command)],
    step: i64,
    mut look: impl FnMut(&World),
) -> World {
    let mut world = World::new(setup, START);
    for (after, command) in commands {
        let then = world.now + after;
        while world.now < then {
            world.advance_to(then.min(world.now + step));
            look(&world);
        }
        world.command(command.clone());
        look(&world);
    }
    world
}

/// What never falls but when the production starts anew.
fn counted(production: &Production) -> Vec<u64> {
    let hosts = production.hosts.iter();
    hosts
        .flat_map(|host| [host.messages, host.suspended, host.errored])
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn how_often_it_is_looked_at_changes_nothing(
        seed in any::<u64>(),
        rate in 0.0..2_000.0,
        commands in commands(),
    ) {
        let often = live(setup(seed, rate), &commands, 1, |_| ());
        let rarely = live(setup(seed, rate), &commands, 1_000, |_| ());
        prop_assert_eq!(often, rarely);
    }

    #[test]
    fn counters_never_fall_but_at_a_restart(
        seed in any::<u64>(),
        rate in 0.0..2_000.0,
        commands in commands(),
    ) {
        let mut before: Option<World> = None;
        let mut fell = Vec::new();
        live(setup(seed, rate), &commands, 7, |now| {
            if let Some(before) = &before {
                let ever = |world: &World| [
                    world.received,
                    world.journalled,
                    world.headers.now.id,
                    world.headers.now.log_id,
                    world.headers.now.inbound,
                    world.alerts.in_log,
                ];
                if ever(now).iter().zip(ever(before)).any(|(now, before)| *now < before) {
                    fell.push("what is on disk");
                }
                let runs_on = before.started == now.started && before.phase == now.phase;
                if runs_on && now.web_requests < before.web_requests {
                    fell.push("web requests");
                }
                if let (Some(then), Some(production)) = (&before.production, &now.production) {
                    let same = then.started == production.started;
                    let (then, now) = (counted(then), counted(production));
                    if same && now.iter().zip(then).any(|(now, then)| *now < then) {
                        // A restart within the same second is a start like any other.
                        let restarted = now.iter().all(|count| *count == 0);
                        if !restarted {
                            fell.push("a production's counters");
                        }
                    }
                }
            }
            before = Some(now.clone());
        });
        prop_assert_eq!(fell, Vec::<&str>::new());
    }

    #[test]
    fn a_production_runs_exactly_where_it_should(seed in any::<u64>(), commands in commands()) {
        for role in [None, Some(Role::Primary), Some(Role::Backup)] {
            let setup = Setup { role, ..setup(seed, 60.0) };
            let mut wrong = 0;
            live(setup, &commands, 3, |world| {
                let should = world.phase == Phase::Running
                    && world.production_wanted
                    && world.role != Some(Role::Backup);
                wrong += u32::from(world.production.is_some() != should);
            });
            prop_assert_eq!(wrong, 0);
        }
    }

    #[test]
    fn nothing_is_lost_between_the_hosts(seed in any::<u64>(), rate in 0.0..2_000.0) {
        let mut world = World::new(setup(seed, rate), START);
        world.advance_to(START + 900);
        let production = world.production.as_ref().unwrap();
        let hosts = &production.hosts;
        let waiting = |host: usize| hosts[host].queue.iter().sum::<u64>();
        prop_assert_eq!(production.received(), hosts[topology::ROUTER].messages / 2 + waiting(topology::ROUTER));
        let routed = hosts[topology::ROUTER].messages / 2;
        prop_assert_eq!(routed, hosts[topology::ARCHIVE].messages + waiting(topology::ARCHIVE));
        let out: u64 = [topology::TRANSFORM, topology::EHR, topology::PHARMACY].map(waiting).iter().sum();
        let sent = hosts[topology::EHR].messages + hosts[topology::PHARMACY].messages;
        prop_assert_eq!(routed, sent + out);
    }
}

#[test]
fn another_seed_is_another_day_and_the_same_is_the_same() {
    let day = |seed| {
        let mut world = World::new(setup(seed, 120.0), START);
        world.advance_to(START + 86_400);
        world
    };
    let (first, second) = (day(1), day(2));
    assert_eq!(first, day(1));
    assert_ne!(first.received, second.received);
    // The mean of a day is the rate.
    let expected = 120.0 * 1_440.0;
    let ratio = first.received as f64 / expected;
    assert!((0.9..1.1).contains(&ratio), "{ratio}");
}

#[test]
fn a_day_has_incidents_and_is_well_again() {
    let mut world = World::new(setup(1, 120.0), START);
    let (mut failing, mut waited, mut last) = (0, 0, START);
    while world.now < START + 86_400 {
        last += 30;
        world.advance_to(last);
        let hosts = &world.production.as_ref().unwrap().hosts;
        failing += u32::from(hosts.iter().any(|host| host.status != Status::Ok));
        waited = waited.max(world.queues().into_iter().max().unwrap());
    }
    assert!(failing > 0, "some host failed");
    assert!(waited > 50, "some queue filled: {waited}");
    assert!(
        world.headers.now.suspended[topology::EHR] > 0,
        "some NACK came"
    );
    assert!(world.alerts.in_log > 0, "some alert was posted");
    let waiting: u64 = world.queues().iter().sum();
    assert!(waiting < 500, "queues drain: {waiting}");
}

#[test]
fn samples_repeat_for_five_seconds() {
    let mut world = World::new(setup(1, 600.0), START);
    for _ in 0..20 {
        world.advance_to(world.now + 1);
        let sample = &world.production.as_ref().unwrap().sample;
        assert_eq!(sample.at, world.now.div_euclid(5) * 5);
    }
}
