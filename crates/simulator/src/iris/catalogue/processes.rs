//! Processes, one by one: the noise in a recorded 2026.1 answer.

use super::{Family, Number, Series, View, gauge};
use crate::iris::{noise, world::topology::NAMESPACE};

pub(super) const ALL: &[Family] = &[
    gauge("iris_process", "State of a process", |view, out| {
        for process in processes(view) {
            let labels = [
                ("id", &*process.pid.to_string()),
                ("state", process.state),
                ("waitstate", ""),
                ("jobtype", process.jobtype),
                (
                    "clientname",
                    if process.jobtype == "27" {
                        "localhost"
                    } else {
                        ""
                    },
                ),
                ("namespace", process.namespace),
                ("routine", process.routine),
            ];
            out.push(&labels, Number::whole(1));
        }
    })
    .only_2026(),
    own(
        "iris_process_block_allocs",
        "Number of block allocations by a process",
        |view, out| each(view, out, 1, 0.2),
    ),
    own(
        "iris_process_block_writes",
        "Number of block writes by a process",
        |view, out| each(view, out, 2, 0.1),
    ),
    own(
        "iris_process_commands",
        "Number of commands executed by a process",
        |view, out| each(view, out, 3, 900.0),
    ),
    gauge(
        "iris_process_count",
        "Total number of active processes",
        |view, out| {
            out.one(Number::whole(count(view)));
        },
    ),
    own(
        "iris_process_glo_refs",
        "Number of global references by a process",
        |view, out| each(view, out, 4, 110.0),
    ),
    own(
        "iris_process_jrn_entries",
        "Number of journal entries by a process",
        |view, out| each(view, out, 5, 4.0),
    ),
    own(
        "iris_process_phys_reads",
        "Number of physical reads by a process",
        |view, out| each(view, out, 6, 0.05),
    ),
    gauge(
        "iris_process_ppg_size_mb",
        "Process private global blocks in MB",
        |view, out| {
            for process in processes(view) {
                let milli = 8 * (process.pid % 5);
                out.push(&[("id", &*process.pid.to_string())], Number::Milli(milli));
            }
        },
    )
    .unit("mb")
    .only_2026(),
];

const fn own(name: &'static str, help: &'static str, values: fn(&View<'_>, &mut Series)) -> Family {
    gauge(name, help, values).counter().only_2026()
}

/// How many, state, job type, namespace, routine.
const KINDS: [(i64, &str, &str, &str, &str); 16] = [
    (1, "HANGW", "1", "", "CONTROL"),
    (1, "RUNW", "5", "", "WRTDMN"),
    (1, "RUNW", "5", "", "GARCOL"),
    (1, "RUNW", "5", "", "JRNDMN"),
    (1, "RUNW", "5", "", "EXPDMN"),
    (2, "RUNW", "5", "", "AUXWD"),
    (1, "HANGW", "2", "%SYS", "MONITOR"),
    (1, "HANGW", "2", "%SYS", "CLNDMN"),
    (1, "READ", "18", "%SYS", "%SYS.SERVER"),
    (1, "HANGW", "2", "%SYS", "LMFMON"),
    (1, "HANGW", "2", "%SYS", "%SYS.TaskSuper.1"),
    (1, "EVTW", "2", "%SYS", "%SYS.Monitor.Control.1"),
    (6, "EVTW", "2", "%SYS", "%SYS.WorkQueueMgr"),
    (9, "READ", "27", "%SYS", "%SYS.cspServer2"),
    (9, "READ", "27", NAMESPACE, "%SYS.cspServer2"),
    (3, "EVTW", "2", NAMESPACE, "%SYS.WorkQueueMgr"),
];
/// Processes of a running production.
const JOBS: i64 = 17;

struct Process {
    pid: i64,
    state: &'static str,
    jobtype: &'static str,
    namespace: &'static str,
    routine: &'static str,
}

fn processes(view: &View<'_>) -> Vec<Process> {
    let mut processes = Vec::new();
    let mut pid = 900;
    for (count, state, jobtype, namespace, routine) in KINDS {
        for number in 0..count {
            pid += 7;
            // Web server processes come and go: a label that changes all the time.
            let age = if jobtype == "27" {
                view.now.div_euclid(600 + 60 * number) % 10
            } else {
                0
            };
            processes.push(Process {
                pid: pid + 1_000 * age,
                state,
                jobtype,
                namespace,
                routine,
            });
        }
    }
    if view.world.production.is_some() {
        processes.extend((0..JOBS).map(|number| Process {
            pid: 12_089 + 3 * number,
            state: "EVTW",
            jobtype: "2",
            namespace: NAMESPACE,
            routine: "Ens.Queue.1",
        }));
    }
    processes
}

/// All processes.
pub(crate) fn count(view: &View<'_>) -> u64 {
    let (now, more) = (
        processes(view).len() as u64,
        (2.0 + 2.0 * view.wave(90, 60)) as u64,
    );
    now + more
}

fn each(view: &View<'_>, out: &mut Series, stream: u64, per_second: f64) {
    for process in processes(view) {
        let share = noise::unit(view.world.setup.seed, 3_000 + stream, process.pid);
        let count = view.uptime() as f64 * per_second * share;
        out.push(
            &[("id", &*process.pid.to_string())],
            Number::whole(count as i64),
        );
    }
}
