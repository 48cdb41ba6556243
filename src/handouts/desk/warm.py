"""Processes that stay ready for work, each replaced when it is lost, hangs, or its code is out of date."""

import asyncio
import multiprocessing
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from handouts.errors import HandoutsError
from handouts.page.workers import end_with_the_parent, interrupts_held

Result = TypeVar("Result")

PATIENCE = 3.0
"""How many seconds work may run that is no longer wanted; a process that takes longer is replaced, which takes as long."""

MOMENT = 1.0
"""How many seconds work waits for a process that is warm, before one more is started, which takes longer."""


class StoppedError(HandoutsError):
    """Work that took too long, or whose process was lost twice."""


class WarmProcesses:
    """A few processes, started when they are needed. Work has an owner, who gets only `each` of them at a time.

    So work that does not end leaves a process for everybody else.
    """

    def __init__(self, version: Callable[[], str], most_seconds: float, most: int, each: int) -> None:
        self._all = [WarmProcess(version, most_seconds) for _ in range(most)]
        self._free = list(self._all)
        self._freed = asyncio.Event()
        self._turns: defaultdict[Hashable, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(each))

    async def run(self, owner: Hashable, function: Callable[..., Result], *arguments: object) -> Result:
        """Return `function(*arguments)`, done in a process that is free. Raises StoppedError."""
        async with self._turns[owner]:
            process = await self._take()
            try:
                return await process.run(function, *arguments)
            finally:
                self._free.append(process)
                self._freed.set()

    async def _take(self) -> "WarmProcess":
        """Wait for a process that is free: for a moment for one that is warm, then for any."""
        start = time.monotonic()
        while True:
            warm = [one for one in self._free if one.is_started()]
            if warm or (self._free and (self._all_cold() or time.monotonic() - start > MOMENT)):
                process = min(warm or self._free, key=WarmProcess.lingers)
                self._free.remove(process)
                return process
            self._freed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._freed.wait(), MOMENT)

    def _all_cold(self) -> bool:
        return not any(one.is_started() for one in self._all)

    def end(self) -> None:
        """End the processes for good."""
        for process in self._all:
            process.end()


class WarmProcess:
    """A process that does one thing after the other; it is started by the first."""

    def __init__(self, version: Callable[[], str], most_seconds: float) -> None:
        self._version = version
        self._started_with = ""
        self._most_seconds = most_seconds
        self._pool: ProcessPoolExecutor | None = None
        self._work: Future[Any] | None = None
        self._over = False

    def is_started(self) -> bool:
        """Tell whether there is a process already."""
        return self._pool is not None

    def lingers(self) -> bool:
        """Tell whether work that was given up still runs."""
        return self._work is not None and not self._work.done()

    async def run(self, function: Callable[..., Result], *arguments: object) -> Result:
        """Return `function(*arguments)`, done in the process. Raises StoppedError."""
        if self._work is not None and self.lingers():
            await asyncio.wait({asyncio.wrap_future(self._work)}, timeout=PATIENCE)
        if self.lingers() or self._version() != self._started_with:
            self.stop()
        for _ in range(2):
            start = time.monotonic()
            try:
                work = self._work = self._ready().submit(function, *arguments)
                return await asyncio.wait_for(asyncio.wrap_future(work), self._most_seconds)
            except TimeoutError:
                self.stop()
                raise StoppedError(
                    f"It took more than {self._most_seconds:g} seconds, and was stopped. Look for a cell that does not end."
                ) from None
            except BrokenProcessPool:
                self.stop()
            except asyncio.CancelledError:
                if time.monotonic() - start > PATIENCE:
                    self.stop()
                raise
        raise StoppedError("The process that makes the page was lost twice. Is there memory left? Save to try again.")

    def _ready(self) -> ProcessPoolExecutor:
        if self._over:
            raise StoppedError("The server is stopping.")
        if self._pool is None:
            self._started_with = self._version()
            context = multiprocessing.get_context("spawn")
            before = os.environ.get(SAFE_PATH)
            with _nothing_of_the_folder(), interrupts_held():  # the pool starts a process of its own, too
                self._pool = ProcessPoolExecutor(1, context, _begin, (before,))
                self._pool.submit(int)
        return self._pool

    def stop(self) -> None:
        """End the process, whatever it is doing; the next work starts another."""
        pool, self._pool, self._work = self._pool, None, None
        if pool is not None:
            processes = list((pool._processes or {}).values())
            pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.terminate()
            for process in processes:
                process.join(5)

    def end(self) -> None:
        """End the process for good."""
        self._over = True
        self.stop()


SAFE_PATH = "PYTHONSAFEPATH"
"""While this variable is set, Python starts without looking for modules in the folder that it is started in."""


@contextmanager
def _nothing_of_the_folder() -> Iterator[None]:
    """Start processes that import nothing from the folder the server was started in, nor what the server was started as."""
    main, before = vars(sys.modules["__main__"]), os.environ.get(SAFE_PATH)
    file = main.pop("__file__", None)  # it would be imported first, and is all of JupyterLab
    os.environ[SAFE_PATH] = "1"
    try:
        yield
    finally:
        _put_back(before)
        if file is not None:
            main["__file__"] = file


def _put_back(safe_path: str | None) -> None:
    os.environ.pop(SAFE_PATH, None)
    if safe_path is not None:
        os.environ[SAFE_PATH] = safe_path


def _begin(safe_path: str | None) -> None:
    """Begin a process: what it starts itself has the environment of the server."""
    _put_back(safe_path)
    end_with_the_parent()
