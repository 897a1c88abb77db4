"""Who is measured, and how each is started: on a free port, with a directory of its own."""

import contextlib
import os
import random
import shlex
import socket
import subprocess
import time
import urllib.request

VITALS = "vitals"
FLOOR = "actix_hello"
COLLECTD = "collectd"
NODE_EXPORTER = "node_exporter"
# Columns of the table.
SUBJECTS = (VITALS, FLOOR, COLLECTD, NODE_EXPORTER)
# What a user would run instead; the floor does nothing.
PEERS = (COLLECTD, NODE_EXPORTER)

# What makes Vitals export less, and a smaller page.
LEAN = {"VITALS__SYSTEM__NODE_EXPORTER": "false"}

# As Debian sets it up, less what this machine lacks, with its Prometheus page.
COLLECTD_CONF = """
BaseDir "{directory}"
PIDFile "{directory}/collectd.pid"
LoadPlugin cpu
LoadPlugin df
LoadPlugin disk
LoadPlugin interface
LoadPlugin load
LoadPlugin memory
LoadPlugin swap
LoadPlugin write_prometheus
<Plugin write_prometheus>
  Host "127.0.0.1"
  Port "{port}"
</Plugin>
"""


class Failed(Exception):
    """What keeps the whole run from going on."""


class Subject:
    """One server: how to start it, and where it answers."""

    def __init__(self, name, directory, built, page, lean):
        os.makedirs(directory)
        self.name = name
        self.log = os.path.join(directory, "log")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/metrics"
        # Nothing of ours that Vitals could take for a setting.
        own = {key: value for key, value in os.environ.items() if not key.startswith("VITALS")}
        self.environment = own | (LEAN if lean else {})
        self.command = self._command(directory, built, page)

    def _command(self, directory, built, page):
        address = f"127.0.0.1:{self.port}"
        if self.name == VITALS:
            return [f"{built}/vitals", "--listen", address, "--data", f"{directory}/data"]
        if self.name == FLOOR:
            return [f"{built}/examples/actix_hello", address, page]
        if self.name == COLLECTD:
            conf = os.path.join(directory, "collectd.conf")
            with open(conf, "w", encoding="utf-8") as file:
                file.write(COLLECTD_CONF.format(directory=directory, port=self.port))
            return ["collectd", "-f", "-C", conf]
        # All network devices, as Vitals has them: Debian's default leaves out `lo`.
        exclude = "--collector.netdev.device-exclude=^$"
        return ["prometheus-node-exporter", f"--web.listen-address={address}", exclude]

    def shell(self):
        """The command for a shell."""
        return shlex.join(self.command)

    @contextlib.contextmanager
    def running(self):
        """The process, while it answers."""
        with open(self.log, "ab") as log:
            process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
            )
        try:
            self._wait(process)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _wait(self, process):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError):
                if self.body():
                    return
            time.sleep(0.05)
        with open(self.log, encoding="utf-8", errors="replace") as log:
            said = log.read()[-2000:]
        raise Failed(f"{self.name} gives no page ({self.shell()}):\n{said}")

    def body(self):
        """Its page. Collectd's is empty until it has collected for the first time."""
        with urllib.request.urlopen(self.url, timeout=5) as answer:
            return answer.read()

    def settled_body(self):
        """Its page once no more lines have come for two seconds: some are of what was asked for."""
        body, since = self.body(), time.monotonic()
        while time.monotonic() - since < 2:
            time.sleep(0.2)
            before, body = body, self.body()
            if body.count(b"\n") != before.count(b"\n"):
                since = time.monotonic()
        return body


@contextlib.contextmanager
def all_running(subjects):
    """Their processes, by subject."""
    with contextlib.ExitStack() as stack:
        yield {subject: stack.enter_context(subject.running()) for subject in subjects}


def free_port():
    """One below those that clients are given: none of their connections takes it between two starts,
    nor finds itself at the other end while nobody listens."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        first = int(file.read().split()[0])
    for _ in range(1000):
        port = random.choice(range(10000, first) or range(1024, 65536))
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise Failed("no free port")
