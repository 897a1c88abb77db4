"""Who is measured: how each is set up, started and listened to, on free ports, in a folder of its own."""

import contextlib
import os
import shlex
import subprocess
import sys
import time
import urllib.request

from subjects import Failed, free_port

RULES = """
groups:
  - name: bench
    rules:
      - alert: BenchMemory
        expr: {expression} > {threshold}
        labels: {{ severity: warning }}
        annotations: {{ summary: memory }}
"""
USED = "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes"

# Tuned: by default it is 15 s, 15 s, and 30 s of waiting for others of the group.
PROMETHEUS = """
global: {{ scrape_interval: 5s, evaluation_interval: 5s }}
rule_files: [rules.yml]
scrape_configs:
  - {{ job_name: node, static_configs: [{{ targets: ["127.0.0.1:{node}"] }}] }}
alerting:
  alertmanagers: [{{ static_configs: [{{ targets: ["127.0.0.1:{alertmanager}"] }}] }}]
"""
ALERTMANAGER = """
route: {{ receiver: bench, group_wait: 1s, group_interval: 1s, repeat_interval: 1h }}
receivers: [{{ name: bench, webhook_configs: [{{ url: "http://127.0.0.1:{hook}/" }}] }}]
"""


class Stage:
    """The scripts, the programs, and a folder to work in."""

    def __init__(self, scripts, built, directory):
        self.scripts, self.built, self.directory = scripts, built, directory

    def write(self, name, text):
        """A file, and where it is."""
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    @contextlib.contextmanager
    def running(self, url, command, **variables):
        """A process, once it answers there; `url` is None where nobody is to be asked."""
        path = os.path.join(self.directory, f"{os.path.basename(command[0])}.log")
        # Nothing of ours that Vitals could take for a setting.
        own = {key: value for key, value in os.environ.items() if not key.startswith("VITALS")}
        with open(path, "ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                env=own | variables,
            )
        try:
            if url:
                answers(process, url, command, path)
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @contextlib.contextmanager
    def redis(self):
        """The port of a Redis that keeps nothing."""
        port = free_port()
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
        with self.running(None, command):
            deadline = time.monotonic() + 20
            while subprocess.call(
                ["redis-cli", "-p", str(port), "ping"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            ):
                if time.monotonic() > deadline:
                    raise Failed("redis-server does not answer")
                time.sleep(0.05)
            yield port

    def script(self, name, *args):
        """The command of a shared script."""
        return [sys.executable, os.path.join(self.scripts, name), *map(str, args)]


def answers(process, url, command, log):
    """Waits until there is an answer."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(url, timeout=5):
                return
        time.sleep(0.05)
    with open(log, encoding="utf-8", errors="replace") as file:
        raise Failed(f"no answer of {shlex.join(command)}:\n{file.read()[-2000:]}")


@contextlib.contextmanager
def vitals(stage, threshold):
    """Vitals with one rule, as it is installed; its messages on Redis."""
    with stage.redis() as redis:
        expression = 'vitals_host_memory_used_ratio{host="local"}'
        stage.write("rules.yml", RULES.format(expression=expression, threshold=threshold))
        settings = f'[alerts]\nrules = ["rules.yml"]\n[alerts.redis]\nurl = "redis://127.0.0.1:{redis}"\n'
        address = f"127.0.0.1:{free_port()}"
        command = [os.path.join(stage.built, "vitals"), "--listen", address, "--data", "data"]
        command += ["--config", stage.write("vitals.toml", settings)]
        with stage.running(f"http://{address}/readyz", command):
            matches = ["--on-match", '"status":"firing"', "--off-match", '"status":"resolved"']
            of_redis = ["--redis-port", redis, "--channel", "vitals:alerts"]
            yield stage.script(
                "alert_redis.py", *of_redis, *matches, "--match", "BenchMemory", "--jitter", 3
            )


@contextlib.contextmanager
def reference(stage, threshold):
    """What one would write in Python instead: it looks every 10 s."""
    with stage.redis() as redis:
        port = free_port()
        command = stage.script("reference/monitor.py")
        variables = {
            "PORT": str(port),
            "REDIS_URL": f"redis://127.0.0.1:{redis}/0",
            "MEM_MAX": str(100 * threshold),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        with stage.running(f"http://127.0.0.1:{port}/health", command, **variables):
            matches = ["--on-match", '"state": "firing"', "--off-match", '"state": "resolved"']
            yield stage.script(
                "alert_redis.py", "--redis-port", redis, *matches, "--match", "memory_percent"
            )


@contextlib.contextmanager
def prometheus(stage, threshold):
    """Prometheus, node_exporter and Alertmanager with a webhook."""
    own, node, alertmanager, cluster, hook = (free_port() for _ in range(5))
    stage.write("rules.yml", RULES.format(expression=USED, threshold=threshold))
    settings = PROMETHEUS.format(node=node, alertmanager=alertmanager)
    routes = stage.write("alertmanager.yml", ALERTMANAGER.format(hook=hook))

    def at(port, path):
        return f"http://127.0.0.1:{port}{path}"

    exporter = ["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{node}"]
    manager = ["prometheus-alertmanager", f"--config.file={routes}", "--storage.path=alertmanager"]
    manager += [f"--web.listen-address=127.0.0.1:{alertmanager}"]
    manager += [f"--cluster.listen-address=127.0.0.1:{cluster}"]
    server = ["prometheus", f"--config.file={stage.write('prometheus.yml', settings)}"]
    server += ["--storage.tsdb.path=tsdb", f"--web.listen-address=127.0.0.1:{own}"]
    with (
        stage.running(at(node, "/metrics"), exporter),
        stage.running(at(alertmanager, "/-/ready"), manager),
        stage.running(at(own, "/-/ready"), server),
    ):
        yield stage.script("alert_webhook.py", "--hook-port", hook, "--match", "BenchMemory")
