"""The parts: each starts whom it measures, lets the shared scripts measure, and notes the readings."""

import json
import math
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import rows
from subjects import FLOOR, NODE_EXPORTER, SUBJECTS, VITALS, Failed, Subject, all_running

HERE = os.path.dirname(os.path.abspath(__file__))
CONNECTIONS = 32
IDLE, SLOW = 500, 200
# Between two live scrapes of hostile.py: often enough for a p99 that is not the maximum.
LIVE = 0.05


class Stage:
    """What all parts share: the scripts, the programs, a folder to work in, the pace, the results."""

    def __init__(self, scripts, built, directory, pace, results):
        self.scripts, self.built, self.directory = scripts, built, directory
        self.pace, self.results = pace, results
        self._subjects = 0
        self._pages = {}
        for lean in (False, True):
            with (vitals := self.subject(VITALS, lean)).running():
                body = vitals.settled_body()
            self._pages[lean] = os.path.join(directory, "lean.prom" if lean else "full.prom")
            with open(self._pages[lean], "wb") as file:
                file.write(body)

    def subject(self, name, lean=False):
        """A subject that is not running yet; the floor serves a page of Vitals, full or lean."""
        self._subjects += 1
        directory = os.path.join(self.directory, f"{self._subjects}-{name}")
        return Subject(name, directory, self.built, self._pages.get(lean), lean)

    def rounds(self, subjects):
        """Pairs of a round and a subject: subjects alternate, and every other round backwards, so
        that what else the machine does falls on all alike."""
        for number in range(self.pace.rounds):
            for subject in subjects[:: -1 if number % 2 else 1]:
                yield number, subject

    def shared(self, script, subject, *args, wrapper=None):
        """What a shared script prints for a subject, as one dictionary."""
        path = os.path.join(self.scripts, script)
        interpreter = ["bash"] if script.endswith(".sh") else [sys.executable, *(wrapper or [])]
        command = [*interpreter, path, *map(str, args)]
        # The fixtures stay as they are.
        environment = subject.environment | {"PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        )
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        found = {key: value for line in lines for key, value in line.items()}
        if done.returncode or not found or "error" in found:
            raise Failed(f"{script}, {subject.name}: {done.stdout[-500:]}{done.stderr[-1500:]}")
        return found


def latency(stage):
    """One client that keeps its connection."""
    subjects = [stage.subject(name) for name in SUBJECTS]
    with all_running(subjects):
        for _, subject in stage.rounds(subjects):
            args = ["--url", subject.url, "-n", stage.pace.scrapes]
            found = stage.shared("latency.py", subject, *args)
            stage.results.put(rows.P50, subject.name, found["p50_ms"])
            stage.results.put(rows.P99, subject.name, found["p99_ms"])
            stage.results.put(rows.SIZE, subject.name, found["body_bytes"] / 1000)
            if found["errors"]:
                stage.results.complain(f"latency, {subject.name}: {found['errors']} errors")
    stage.results.divide(rows.P50, VITALS, FLOOR, rows.P50_OF_FLOOR)


def throughput(stage):
    """As much as one thread of wrk can ask for."""
    full = [stage.subject(name) for name in SUBJECTS]
    lean = [stage.subject(name, lean=True) for name in (VITALS, FLOOR)]
    with all_running(full + lean):
        for _, subject in stage.rounds(full + lean):
            args = [subject.name, subject.url, CONNECTIONS, stage.pace.wrk]
            found = stage.shared("throughput.sh", subject, *args)
            if subject in lean:
                stage.results.put(rows.LEAN, subject.name, found["rps"])
            else:
                stage.results.put(rows.THROUGHPUT, subject.name, found["rps"])
                stage.results.put(rows.WRK_P99, subject.name, found["p99_ms"])
            if found["non2xx"] or any(found["socket_errors"]):
                errors = [found["non2xx"], *found["socket_errors"]]
                stage.results.complain(f"throughput, {subject.name}: errors {errors}")
    stage.results.divide(rows.THROUGHPUT, VITALS, FLOOR, rows.OF_FLOOR)
    stage.results.divide(rows.LEAN, VITALS, FLOOR, rows.LEAN_OF_FLOOR)


def startup(stage):
    """Starts and stops."""
    subjects = [stage.subject(name) for name in SUBJECTS]
    for _, subject in stage.rounds(subjects):
        args = ["--cmd", subject.shell(), "--url", subject.url, "-n", stage.pace.starts]
        found = stage.shared("startup.py", subject, *args)
        if found["failed"]:
            stage.results.complain(f"startup, {subject.name}: {found['failed']} gave no 200")
        if found["n"]:
            stage.results.put(rows.FIRST_200, subject.name, found["median_ms"])
            stage.results.put(rows.STOP, subject.name, found["stop_median_ms"])
    stage.results.divide(rows.FIRST_200, VITALS, FLOOR, rows.FIRST_200_OF_FLOOR)


def idle(stage):
    """All at once: they take too little to be in each other's way, and share the same minute."""
    subjects = [stage.subject(name) for name in SUBJECTS]
    with all_running(subjects) as processes, ThreadPoolExecutor(len(subjects)) as pool:

        def measured(subject):
            args = ["--pid", processes[subject].pid, "--url", subject.url]
            args += ["--settle", stage.pace.settle, "--window", stage.pace.window]
            return stage.shared("idle.py", subject, *args)

        for subject, found in zip(subjects, pool.map(measured, subjects)):
            stage.results.put(rows.RSS, subject.name, found["rss_mb"])
            stage.results.put(rows.RSS_SCRAPED, subject.name, found["rss_after_mb"])
            stage.results.put(rows.CPU, subject.name, found["cpu_ms_per_min_sched"])
            stage.results.put(rows.CPU_SCRAPE, subject.name, found["cpu_ms_per_scrape"])
    stage.results.divide(rows.CPU, VITALS, FLOOR, rows.CPU_OF_FLOOR)


def hostile(stage):
    """Silent and slow connections, while scrapes go on."""
    wrapper = [os.path.join(HERE, "closed.py")]
    for name in SUBJECTS:
        subject = stage.subject(name)
        with subject.running() as process:
            args = ["--url", subject.url, "--pid", process.pid, "--secs", stage.pace.hostile]
            args += ["--idle", IDLE, "--slow", SLOW, "--live", LIVE]
            found = stage.shared("hostile.py", subject, *args, wrapper=wrapper)
        for kind, row in (("idle", rows.CLOSED_IDLE), ("slow", rows.CLOSED_SLOW)):
            all_closed = found[f"closed_{kind}"] == found[f"opened_{kind}"]
            by = found[f"last_{kind}_close_s"] if all_closed else math.inf
            stage.results.put(row, name, by)
        stage.results.put(rows.HOSTILE_P99, name, math.inf if not found["n"] else found["p99_ms"])
        stage.results.put(rows.FAILED_SCRAPES, name, found["errors"])
        stage.results.put(rows.MORE_RSS, name, found["rss_peak_mb"] - found["rss0_mb"])
        if found["refused"] or not found["ok_after"]:
            refused, after = found["refused"], found["ok_after"]
            stage.results.complain(f"hostile, {name}: {refused} refused, well afterwards: {after}")


# What accuracy.py compares, row by row: its flag, label, metric and reference.
AVAILABLE, TOTAL = "M('node_memory_MemAvailable_bytes')", "M('node_memory_MemTotal_bytes')"
SIZE, FREE, LEFT = (
    f"""M('node_filesystem_{what}_bytes{{mountpoint="/"}}')""" for what in ("size", "free", "avail")
)
EXPORTED_BY_BOTH = (
    (rows.SHARE_CPU, "counter", "user", 'node_cpu_seconds_total{mode="user"}@cpu.user'),
    (rows.SHARE_CPU, "counter", "system", 'node_cpu_seconds_total{mode="system"}@cpu.system'),
    (rows.SHARE_CPU, "counter", "idle", 'node_cpu_seconds_total{mode="idle"}@cpu.idle'),
    (rows.SHARE_MEMORY, "gauge", "memory", f"100*(1-{AVAILABLE}/{TOTAL})@mem.used_pct"),
    (
        rows.SHARE_DISK,
        "gauge",
        "disk",
        f"100*({SIZE}-{FREE})/({SIZE}-{FREE}+{LEFT})@disk.used_pct",
    ),
    (rows.SHARE_NETWORK, "counter", "rx", 'node_network_receive_bytes_total{device="lo"}@net.lo.rx'),
    (rows.SHARE_NETWORK, "counter", "tx", 'node_network_transmit_bytes_total{device="lo"}@net.lo.tx'),
)
EXPORTED_BY_VITALS = (
    (rows.SHARE_MEMORY, "gauge", "memory_ratio", "vitals_host_memory_used_ratio@mem.used_pct@100"),
    (
        rows.SHARE_DISK,
        "gauge",
        "disk_ratio",
        'vitals_host_filesystem_used_ratio{mountpoint="/"}@disk.used_pct@100',
    ),
)
# The gauge slides over this window, in seconds.
CPU_GAUGE = ("--cpu", "cpu_gauge=100*M('vitals_host_cpu_used_ratio')", "--cycle", "10")


def accuracy(stage):
    """Scrapes held against /proc at the same moment, under load; one after the other, as each run
    makes its own load."""
    for name in (VITALS, NODE_EXPORTER):
        subject = stage.subject(name)
        compared = EXPORTED_BY_BOTH + (EXPORTED_BY_VITALS if name == VITALS else ())
        args = ["--name", name, "--url", subject.url, "--secs", stage.pace.accuracy, "--load"]
        for _, flag, label, expression in compared:
            args += [f"--{flag}", f"{label}={expression}"]
        args += CPU_GAUGE if name == VITALS else ()
        with subject.running():
            found = stage.shared("accuracy.py", subject, *args)
        if found["missing"]:
            stage.results.complain(f"accuracy, {name}: no {', '.join(found['missing'])}")
        metrics = found["metrics"]
        for row in dict.fromkeys(row for row, *_ in compared):
            labels = [label for of, _, label, _ in compared if of is row and label in metrics]
            shares = [metrics[label]["share_999"] for label in labels]
            stage.results.put(row, name, 100 * min(shares, default=0.0))
        worst = [of["worst_acc"] for of in metrics.values() if "worst_acc" in of]
        stage.results.put(rows.WORST, name, min(worst, default=0.0))
        if gauge := metrics.get("cpu_gauge"):
            stage.results.put(rows.CPU_GAUGE, name, gauge["worst_abs_err_pct_points"])
