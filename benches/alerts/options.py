"""The command line of the benchmark of alerts. Run by itself it prints whom it measures."""

import argparse

# In the order they run.
SUBJECTS = ("vitals", "reference", "prometheus")


def parse(args=None):
    """The options, with `subjects` and `peer_rounds` made of them."""
    parser = argparse.ArgumentParser(
        prog="benches/alerts/run",
        description="Measures how soon whoever listens hears of a condition.",
    )
    add = parser.add_argument
    add("words", nargs="*", help="only whose names contain one of them: " + ", ".join(SUBJECTS))
    add("--rounds", type=int, help="rounds of vitals; 20 by default, 5 with --quick")
    add("--quick", action="store_true", help="rougher, in about three minutes")
    add("--json", action="store_true", help="one JSON object instead of the table")
    add("--check", action="store_true", help="exit code 1 when a bar is missed")
    options = parser.parse_intermixed_args(args)
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds takes a number, at least 1")
    words = options.words or [""]
    options.subjects = [one for one in SUBJECTS if any(word in one for word in words)]
    options.rounds = options.rounds or (5 if options.quick else 20)
    # They take ten times as long.
    options.peer_rounds = 2 if options.quick else min(options.rounds, 6)
    return options


if __name__ == "__main__":
    print(*parse().subjects)
