"""Measures who is chosen, one after the other, and prints what it found. `run` prepares what it needs
and tells it where that is."""

import json
import os
import signal
import subprocess
import sys
import tempfile

import contenders
import noise
import options
from condition import Condition
from subjects import Failed
from table import number

# Seconds from the condition to the message that vitals may take.
MEDIAN, MOST = 0.6, 1.2


def measured(name, chosen, directory):
    """What the script says of one of them."""
    stage = contenders.Stage(os.environ["ALERTS_SCRIPTS"], os.environ["ALERTS_BUILT"], directory)
    rounds = chosen.rounds if name == "vitals" else chosen.peer_rounds
    with Condition() as condition, getattr(contenders, name)(stage, condition.threshold) as script:
        flips = ["--on", condition.on, "--off", condition.off, "--rounds", str(rounds)]
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [*script, *flips, "--name", name],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        raise Failed(f"{name}: {done.stdout[-1000:]}{done.stderr[-2000:]}")
    return json.loads(lines[-1])


def bars(found):
    """What vitals must reach, what it has reached, and whether that is enough."""
    if (ours := found.get("vitals")) is None:
        return []
    fire = ours["fire_s"] or {}
    rows = [
        ("true to message, median, s", MEDIAN, fire.get("median")),
        ("true to message, at most, s", MOST, fire.get("max")),
        ("lost", 0, ours["lost"]),
    ]
    return [(claim, bar, value, value is not None and value <= bar) for claim, bar, value in rows]


def draw(found):
    """The table."""
    heads = ["", "rounds", "true to message", "at most", "false to message", "at most", "lost"]
    lines = [heads]
    for name, of in found.items():
        line = [name]
        for index, way in enumerate(("fire_s", "resolve_s")):
            times = of[way]
            if index == 0:
                line.append(str(times["n"] if times else 0))
            line += [f"{number(times[key])} s" if times else "never" for key in ("median", "max")]
        lines.append([*line, str(of["lost"])])
    widths = [max(map(len, column)) for column in zip(*lines)]
    for line in lines:
        cells = [text.rjust(width) for text, width in zip(line[1:], widths[1:])]
        print("  ".join([line[0].ljust(widths[0]), *cells]).rstrip())
    print()
    for claim, bar, value, holds in bars(found):
        said = "nothing" if value is None else number(value)
        print(f"vitals: {claim}: {said} (≤ {bar}) {'ok' if holds else 'MISSED'}")


def main():
    """0, or 1 when something is missed that `--check` asks for, or 2 when it cannot go on."""
    # Whoever is ended ends whom it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    chosen = options.parse()
    watch, found = noise.Watch(), {}
    try:
        for name in chosen.subjects:
            print(f"alerts: {name}", file=sys.stderr)
            with tempfile.TemporaryDirectory(prefix="vitals-bench-") as directory:
                found[name] = measured(name, chosen, directory)
    except Failed as error:
        print(f"alerts: {error}", file=sys.stderr)
        return 2
    others = watch.share_of_others()
    if chosen.json:
        claims = [
            {"claim": claim, "limit": bar, "measured": value, "holds": holds}
            for claim, bar, value, holds in bars(found)
        ]
        answer = {"bench": "alerts", "share_of_others": others, "subjects": found, "bars": claims}
        print(json.dumps(answer))
    else:
        print("\nalerts: from the condition on the host to the message; medians over the rounds\n")
        draw(found)
        if others > noise.TOLERABLE:
            print(f"\nOther programs took {others:.0%} of the CPUs meanwhile: try again later.")
    return int(chosen.check and not all(holds for *_, holds in bars(found)))


if __name__ == "__main__":
    sys.exit(main())
