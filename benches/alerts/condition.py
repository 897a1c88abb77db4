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

# More than what others take meanwhile. Half of it is the threshold.
MOST = 512 << 20
SHARE = 1 / 8


def used_ratio():
    """As everybody here counts it: what is not available."""
    with open("/proc/meminfo", encoding="ascii") as file:
        lines = dict(line.split(":", 1) for line in file)
    total, available = (int(lines[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
    return 1 - available / total


def size():
    """How much is taken, in bytes, and which share of all memory that is."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    taken = min(MOST, int(total * SHARE)) >> 20 << 20
    return taken, taken / total


class Condition:
    """The process, and the commands that make the condition true and false."""

    def __init__(self):
        command = [sys.executable, __file__]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        if self._process.stdout.readline() != "ready\n":
            raise Failed("memory cannot be locked here (ulimit -l)")
        self.threshold = used_ratio() + size()[1] / 2
        self.on = f"kill -USR1 {self._process.pid}"
        self.off = f"kill -USR2 {self._process.pid}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()


def main():
    """Waits for signals, and says when it begins to."""
    signals = {signal.SIGUSR1, signal.SIGUSR2}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    length, _ = size()
    with tempfile.TemporaryFile() as file:
        for _ in range(length >> 20):
            file.write(bytes(1 << 20))
        # What is yet to be written could not be dropped either.
        file.flush()
        os.fsync(file.fileno())
        pages = mmap.mmap(file.fileno(), length)
    region = ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(pages)))
    libc, length = ctypes.CDLL(None), ctypes.c_size_t(length)
    if libc.mlock(region, length) or libc.munlock(region, length):
        sys.exit(1)
    print("ready", flush=True)
    while True:
        is_on = signal.sigwait(signals) == signal.SIGUSR1
        (libc.mlock if is_on else libc.munlock)(region, length)


if __name__ == "__main__":
    main()
