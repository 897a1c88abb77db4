"""Runs the parts that are chosen, one after the other, and prints what they found. `run` prepares
what it needs and tells it where that is."""

import json
import os
import sys
import tempfile

import noise
import options
import parts
import table
from results import Results
from subjects import Failed


def main():
    """0, or 1 when something is missed that `--check` asks for, or 2 when it cannot go on."""
    chosen = options.parse()
    scripts, built = os.environ["SERVICE_SCRIPTS"], os.environ["SERVICE_BUILT"]
    watch, results = noise.Watch(), Results()
    try:
        with tempfile.TemporaryDirectory(prefix="vitals-bench-") as directory:
            stage = parts.Stage(scripts, built, directory, chosen.pace, results)
            for part in chosen.parts:
                print(f"service: {part}", file=sys.stderr)
                getattr(parts, part)(stage)
    except Failed as error:
        print(f"service: {error}", file=sys.stderr)
        return 2
    others = watch.share_of_others()
    if chosen.json:
        print(json.dumps(table.as_json(results, chosen, others), ensure_ascii=False))
    else:
        rounds = chosen.pace.rounds
        print(f"\nservice: medians and ranges of {rounds} rounds, where there are rounds\n")
        print(table.draw(results))
        for complaint in results.complaints:
            print(f"WRONG: {complaint}")
        if others > noise.TOLERABLE:
            print(f"\nOther programs took {others:.0%} of the CPUs meanwhile: try again later.")
    return int(chosen.check and not results.good())


if __name__ == "__main__":
    sys.exit(main())
