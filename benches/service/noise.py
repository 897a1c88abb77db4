"""How busy the machine was with other things: then the numbers say more about those."""

import os

# Above this share of all CPU time, bars that are missed may as well be the others' doing.
TOLERABLE = 0.05


class Watch:
    """A moment to measure from. What ran since counts as ours once it has been waited for."""

    def __init__(self):
        self._start = ticks()

    def share_of_others(self):
        """The share (0 to 1) of all CPU time that neither idled nor was ours."""
        total, busy, ours = (now - then for now, then in zip(ticks(), self._start))
        return max(0.0, (busy - ours) / total) if total else 0.0


def ticks():
    """CPU time in seconds: of all CPUs, of it busy, of it this process and its children."""
    with open("/proc/stat", encoding="ascii") as file:
        # user nice system idle iowait irq softirq steal; guests are in user already
        times = [int(field) / os.sysconf("SC_CLK_TCK") for field in file.readline().split()[1:9]]
    own = os.times()
    ours = own.user + own.system + own.children_user + own.children_system
    return sum(times), sum(times) - times[3] - times[4], ours
