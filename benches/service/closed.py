"""Runs the hostile.py it is given, with the other arguments, and prints one more line: when it had
seen the last connection of either kind closed. It notes that (once a second) but prints the first."""

import json
import os
import runpy
import sys

script = sys.argv[1]
sys.argv = sys.argv[1:]
sys.path.insert(0, os.path.dirname(script))
seen = runpy.run_path(script, run_name="__main__")["closed_at"]
print(json.dumps({f"last_{kind}_close_s": max(times, default=None) for kind, times in seen.items()}))
