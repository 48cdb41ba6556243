"""workers.py: a pool of processes ends, whatever happened to it."""

import os
import signal
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool

import pytest

from handouts.page.workers import processes

TASKS = [b"x" * 300_000] * 2000
"""More than a pipe holds: the pool is writing when it ends."""


def end_at_once(task: bytes) -> int:
    """End the worker as the system does that runs out of memory; a task of a worker."""
    os.kill(os.getpid(), signal.SIGKILL)
    return len(task)


def test_a_pool_that_lost_a_worker_ends() -> None:
    """Where a worker is killed while tasks wait to be written to it, the pool says so and ends; on Debian 12's Python it hung."""
    with pytest.raises(BrokenProcessPool), processes(2) as pool:
        list(pool.map(end_at_once, TASKS))


def test_a_pool_that_is_interrupted_ends() -> None:
    """After Ctrl-C while tasks wait to be written, the pool ends, and so does the program."""
    done = subprocess.run([sys.executable, __file__], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "stopped\n")


def interrupt() -> None:
    """Stop a pool in the middle of its work, as Ctrl-C does, in a program of its own."""
    try:
        with processes(2) as pool:
            done = pool.map(len, TASKS)
            next(done)
            signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        print("stopped")


if __name__ == "__main__":
    interrupt()
