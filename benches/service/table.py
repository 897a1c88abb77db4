"""The results, for people and for machines."""

import math

from subjects import SUBJECTS, VITALS


def draw(results):
    """Parts one below the other, subjects side by side, ours first."""
    lines = [["", *SUBJECTS, "beside the best peer", "bar", ""]]
    part = None
    for row in results.rows():
        if row.part != part:
            part = row.part
            lines.append([part])
        label = f"  {row.name}{', ' if row.unit else ''}{row.unit}"
        cells = [cell(results.stats(row, name)) for name in SUBJECTS]
        lines.append([label, *cells, beside(results.beside_best_peer(row)), *verdict(results, row)])
    return aligned(lines)


def cell(stats):
    """A median and, in parentheses, the range over the rounds."""
    if stats is None:
        return "-"
    if stats.low == stats.high:
        return number(stats.median)
    return f"{number(stats.median)} ({number(stats.low)}–{number(stats.high)})"


def beside(ratio):
    """How many times the best peer's value ours is."""
    return f"{number(ratio[1])} × {ratio[0]}" if ratio else "-"


def verdict(results, row):
    """The bar, and whether it is reached."""
    if row.bar is None:
        return ["", ""]
    sign = "≥" if row.more_is_better else "≤"
    said = {True: "ok", False: "MISSED", None: "not measured"}[results.holds(row)]
    return [f"{sign} {row.bar:,}".replace(",", " "), said]


def number(value):
    """Three digits, roughly; whole numbers stay whole."""
    size = abs(value)
    if math.isinf(value):
        return "never"
    if value == int(value) or size >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}" if size >= 0.1 else f"{value:.3f}"


def aligned(lines):
    """The first column and the verdict to the left, all others to the right."""
    full = [line for line in lines if len(line) > 1]
    widths = [max(map(len, column)) for column in zip(*full)]
    drawn = []
    for line in lines:
        last = len(widths) - 1
        padded = [
            text.ljust(width) if at in (0, last) else text.rjust(width)
            for at, (text, width) in enumerate(zip(line, widths))
        ]
        drawn.append("  ".join(padded).rstrip())
    return "\n".join(drawn)


def as_json(results, options, share_of_others):
    """All of it, as the other benchmarks print it."""
    rows, bars = [], []
    for row in results.rows():
        measured = {name: of.json() for name in SUBJECTS if (of := results.stats(row, name))}
        best = results.beside_best_peer(row)
        rows.append(
            {
                "subject": row.part,
                "row": row.name,
                "unit": row.unit,
                "contenders": measured,
                "best_peer": best and {"name": best[0], "ratio": best[1]},
            }
        )
        if row.bar is not None:
            bars.append(
                {
                    "claim": f"{row.part}, {row.name}",
                    "limit": row.bar,
                    "measured": measured.get(VITALS),
                    "holds": results.holds(row),
                }
            )
    return {
        "bench": "service",
        "rounds": options.pace.rounds,
        "share_of_others": share_of_others,
        "rows": rows,
        "bars": bars,
        "complaints": results.complaints,
    }
