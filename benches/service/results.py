"""All readings of a run, and what was wrong with some of them."""

import math
import statistics
from dataclasses import dataclass

from rows import ROWS
from subjects import PEERS, VITALS


@dataclass(frozen=True)
class Stats:
    """The readings of a row and a subject, over the rounds."""

    median: float
    low: float
    high: float

    @staticmethod
    def of(readings):
        """None without readings."""
        if not readings:
            return None
        return Stats(statistics.median(readings), min(readings), max(readings))

    def json(self):
        """Without infinity, which JSON has not: null is never."""
        values = {"median": self.median, "min": self.low, "max": self.high}
        return {k: round(v, 4) if math.isfinite(v) else None for k, v in values.items()}


class Results:
    """Readings by row and subject, in rounds."""

    def __init__(self):
        self._readings = {}
        self.complaints = []

    def put(self, row, name, value):
        """One more reading. A script that could not take it has said None."""
        if value is not None:
            self._readings.setdefault((row, name), []).append(value)

    def complain(self, what):
        """Makes the run invalid without ending it."""
        self.complaints.append(what)

    def divide(self, row, one, other, into):
        """Notes the ratio of two subjects as readings of another row, round by round."""
        for ratio in self._ratios(row, one, other):
            self.put(into, one, ratio)

    def stats(self, row, name):
        """None if it was not measured."""
        return Stats.of(self._readings.get((row, name)))

    def rows(self):
        """Those with readings."""
        return [row for row in ROWS if any(of is row for of, _ in self._readings)]

    def beside_best_peer(self, row):
        """The best peer, and how many times its value ours is: the median over the rounds; None if
        either is missing."""
        medians = {name: of.median for name in PEERS if (of := self.stats(row, name))}
        if (best := row.best(medians)) is None:
            return None
        ratio = Stats.of(self._ratios(row, VITALS, best))
        return ratio and (best, ratio.median)

    def holds(self, row):
        """Whether Vitals reaches the bar; None where there is none or nothing was measured."""
        ours = self.stats(row, VITALS)
        return row.holds(ours.median) if ours else None

    def good(self):
        """Whether every bar that was measured is reached, and nothing was wrong."""
        return not self.complaints and all(self.holds(row) is not False for row in self.rows())

    def _ratios(self, row, one, other):
        ours, theirs = (self._readings.get((row, name), []) for name in (one, other))
        pairs = zip(ours, theirs)
        return [a / b for a, b in pairs if b and math.isfinite(a) and math.isfinite(b)]
