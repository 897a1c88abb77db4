"""The command line of the service benchmarks. Run by itself it prints which parts it chooses."""

import argparse

# In the order they run.
PARTS = ("latency", "throughput", "startup", "idle", "hostile", "accuracy")


class Pace:
    """How long everything takes: times in seconds, counts per round and subject."""

    def __init__(self, quick):
        self.rounds = 2 if quick else 5
        self.scrapes = 300 if quick else 1000
        self.wrk = 2 if quick else 4
        self.starts = 3 if quick else 5
        # What only the start needed is given back after half a minute.
        self.settle = 40 if quick else 120
        self.window = 20 if quick else 60
        self.hostile = 10 if quick else 20
        self.accuracy = 15 if quick else 60


def parse(args=None):
    """The options, with `parts` and `pace` made of them."""
    parser = argparse.ArgumentParser(
        prog="benches/service/run",
        description="Measures the release build of vitals beside its peers.",
    )
    add = parser.add_argument
    add("words", nargs="*", help="only parts whose names contain one of them: " + ", ".join(PARTS))
    add("--rounds", type=int, help="interleaved rounds; 5 by default, 2 with --quick")
    add("--quick", action="store_true", help="rougher, in about four minutes")
    add("--json", action="store_true", help="one JSON object instead of the table")
    add("--check", action="store_true", help="exit code 1 when a bar is missed")
    options = parser.parse_intermixed_args(args)
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds takes a number, at least 1")
    words = options.words or [""]
    options.parts = [part for part in PARTS if any(word in part for word in words)]
    options.pace = Pace(options.quick)
    options.pace.rounds = options.rounds or options.pace.rounds
    return options


if __name__ == "__main__":
    print(*parse().parts)
