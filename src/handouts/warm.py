"""One process that stays ready for work, and is replaced when it is lost, hangs, or its code is out of date."""

import asyncio
import multiprocessing
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from handouts.errors import HandoutsError
from handouts.workers import end_with_the_parent, interrupts_held

Result = TypeVar("Result")

PATIENCE = 3.0
"""How many seconds work may have run that is no longer wanted; a process that takes longer is replaced, which takes as long."""


class StoppedError(HandoutsError):
    """Work that took too long, or whose process was lost twice."""


class WarmProcess:
    """A process that does one thing after the other; it is started by the first."""

    def __init__(self, version: Callable[[], str], most_seconds: float) -> None:
        self._version = version
        self._started_with = ""
        self._most_seconds = most_seconds
        self._pool: ProcessPoolExecutor | None = None
        self._turn = asyncio.Lock()
        self._over = False

    async def run(self, function: Callable[..., Result], *arguments: object) -> Result:
        """Return `function(*arguments)`, done in the process. Raises StoppedError."""
        async with self._turn:
            start = time.monotonic()
            if self._version() != self._started_with:
                self.stop()
            for _ in range(2):
                try:
                    work = asyncio.wrap_future(self._ready().submit(function, *arguments))
                    return await asyncio.wait_for(work, self._most_seconds)
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
            raise StoppedError(
                "The process that makes the page was lost twice. Is there memory left? Save to try again."
            )

    def _ready(self) -> ProcessPoolExecutor:
        if self._over:
            raise StoppedError("The server is stopping.")
        if self._pool is None:
            self._started_with = self._version()
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=end_with_the_parent)
            # The process would first import what the server was started as, which is all of JupyterLab.
            main = vars(sys.modules["__main__"])
            file = main.pop("__file__", None)
            try:
                with interrupts_held():
                    self._pool.submit(int)
            finally:
                if file is not None:
                    main["__file__"] = file
        return self._pool

    def stop(self) -> None:
        """End the process, whatever it is doing; the next work starts another."""
        pool, self._pool = self._pool, None
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
