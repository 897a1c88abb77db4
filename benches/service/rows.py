"""The rows of the table: what is measured, in which unit, and what Vitals must reach."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measurement. A bar is the worst that Vitals may have; None where there is none."""

    part: str
    name: str
    unit: str = ""
    more_is_better: bool = False
    bar: float | None = None

    def holds(self, value):
        """Whether a value of Vitals reaches the bar; None without a bar or a value."""
        if self.bar is None or value is None:
            return None
        return value >= self.bar if self.more_is_better else value <= self.bar

    def best(self, values):
        """The name of the best of those that have a value, by name; None if nobody has."""
        pick = max if self.more_is_better else min
        finite = {name: value for name, value in values.items() if math.isfinite(value)}
        return pick(finite, key=finite.get, default=None)


# Where the bars were set, the floor took so much (`facts/peers.md`): as ratios to it they survive a change
# of machine.
FLOOR_P50, FLOOR_LEAN, FLOOR_FIRST_200, FLOOR_CPU = 0.078, 93_150, 3.8, 20

P50 = Row("latency", "p50, keep-alive", "ms", bar=0.10)
P50_OF_FLOOR = Row("latency", "… of actix_hello", "", bar=round(P50.bar / FLOOR_P50, 2))
P99 = Row("latency", "p99, keep-alive", "ms")
SIZE = Row("latency", "page", "kB")
THROUGHPUT = Row("throughput", "32 connections", "req/s", more_is_better=True)
OF_FLOOR = Row("throughput", "of actix_hello, same bytes", "", more_is_better=True, bar=0.65)
LEAN = Row("throughput", "node_exporter = false", "req/s", more_is_better=True, bar=50_000)
LEAN_OF_FLOOR = Row(
    "throughput",
    "… of actix_hello, same bytes",
    "",
    more_is_better=True,
    bar=round(LEAN.bar / FLOOR_LEAN, 2),
)
WRK_P99 = Row("throughput", "p99, 32 connections", "ms")
FIRST_200 = Row("startup", "exec to first 200", "ms", bar=10)
FIRST_200_OF_FLOOR = Row(
    "startup", "… of actix_hello", "", bar=round(FIRST_200.bar / FLOOR_FIRST_200, 2)
)
STOP = Row("startup", "SIGTERM to exit", "ms")
RSS = Row("idle", "RSS", "MB", bar=10)
RSS_SCRAPED = Row("idle", "RSS after 100 scrapes", "MB", bar=10)
CPU = Row("idle", "CPU a minute", "ms", bar=50)
CPU_OF_FLOOR = Row("idle", "… of actix_hello", "", bar=round(CPU.bar / FLOOR_CPU, 2))
CPU_SCRAPE = Row("idle", "CPU a scrape", "ms")
HOSTILE_P99 = Row("hostile", "p99, new connections", "ms", bar=10)
FAILED_SCRAPES = Row("hostile", "failed scrapes", "", bar=0)
CLOSED_IDLE = Row("hostile", "500 idle closed by", "s", bar=7)
CLOSED_SLOW = Row("hostile", "200 slow closed by", "s", bar=7)
MORE_RSS = Row("hostile", "more RSS", "MB", bar=10)
SHARE_CPU = Row("accuracy", "CPU counters within 99.9 %", "% of scrapes", True, 100)
SHARE_MEMORY = Row("accuracy", "memory within 99.9 %", "% of scrapes", True, 100)
SHARE_DISK = Row("accuracy", "disk within 99.9 %", "% of scrapes", True, 100)
SHARE_NETWORK = Row("accuracy", "network within 99.9 %", "% of scrapes", True, 100)
WORST = Row("accuracy", "worst of all", "%", more_is_better=True)
CPU_GAUGE = Row("accuracy", "CPU gauge, worst error", "points")

ROWS = tuple(row for row in list(globals().values()) if isinstance(row, Row))
