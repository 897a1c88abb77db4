"""The condition: memory of this host is in use. A process takes it when it gets SIGUSR1, and gives it
back when it gets SIGUSR2.

Pages of a file are locked: what the kernel could have dropped it now cannot, and it counts as used.
That takes milliseconds; to fill as much new memory can take seconds on a virtual machine, which would
be measured as if it were the alert's."""

import ctypes
import mmap
import os
import signal
import subprocess
import sys
import tempfile

from subjects import Failed

# The threshold is at half of what can be taken: others may take, or give back, nearly as much meanwhile.
MOST = 768 << 20
SHARE = 1 / 8
# So far beyond the threshold the condition is true.
MARGIN = 64 << 20
TOTAL = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def used_ratio():
    """As everybody here counts it: what is not available."""
    with open("/proc/meminfo", encoding="ascii") as file:
        lines = dict(line.split(":", 1) for line in file)
    total, available = (int(lines[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
    return 1 - available / total


class Condition:
    """The process, and the commands that make the condition true and false."""

    def __init__(self):
        command = [sys.executable, __file__]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        if not (said := self._process.stdout.readline()):
            raise Failed("memory cannot be locked here (ulimit -l)")
        self.threshold = float(said)
        self.on = f"kill -USR1 {self._process.pid}"
        self.off = f"kill -USR2 {self._process.pid}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()


def main():
    """Waits for signals, and says when it begins to: the threshold."""
    signals = {signal.SIGUSR1, signal.SIGUSR2}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    length = min(MOST, int(TOTAL * SHARE)) >> 20 << 20
    with tempfile.TemporaryFile() as file:
        for _ in range(length >> 20):
            file.write(bytes(1 << 20))
        # What is yet to be written could not be dropped either.
        file.flush()
        os.fsync(file.fileno())
        pages = mmap.mmap(file.fileno(), length)
    libc = ctypes.CDLL(None)
    region = ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(pages)))
    if libc.mlock(region, ctypes.c_size_t(length)) or libc.munlock(region, ctypes.c_size_t(length)):
        sys.exit(1)
    threshold = used_ratio() + length / 2 / TOTAL
    print(threshold, flush=True)
    while True:
        if signal.sigwait(signals) == signal.SIGUSR1:
            missing = int((threshold - used_ratio()) * TOTAL) + MARGIN
            libc.mlock(region, ctypes.c_size_t(max(0, min(missing, length))))
        else:
            libc.munlock(region, ctypes.c_size_t(length))


if __name__ == "__main__":
    main()
