"""Long work that the panel starts: the commands of the command line, each in a process of its own, watched and stopped from a browser."""

import asyncio
import contextlib
import os
import secrets
import signal
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from handouts.collection import Collection
from handouts.collection.folder import NAMED_IN
from handouts.errors import STOPPED, DeskError

MOST_LINES = 400
"""How many lines of what a command says are kept."""
LONGEST_LINE = 1 << 24
"""How many bytes a line of what a command says may have."""
MOST_KEPT = 20
"""How many commands that are over are remembered."""


INTERRUPTED = 130
"""The exit code of a command that was stopped and could say so."""


@dataclass
class Job:
    """A command that runs, or ran: what it says, and its exit code once it is over."""

    id: str
    what: str
    process: asyncio.subprocess.Process
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_LINES))
    output: list[str] = field(default_factory=list)
    code: int | None = None
    stopped: bool = False
    reading: asyncio.Task[None] | None = None

    def told(self) -> dict[str, object]:
        """Return what a browser shows of it."""
        return {
            "id": self.id,
            "what": self.what,
            "running": self.code is None,
            "code": self.code,
            "lines": list(self.lines),
        }

    def stop(self) -> None:
        """Interrupt it, as Ctrl-C does: what was finished is kept."""
        if self.code is None:
            self.stopped = True
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGINT)


class Jobs:
    """The commands of a server, one at a time: two that write would wait for each other in any case."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._starting = asyncio.Lock()

    def get(self, name: str) -> Job | None:
        """Return the job `name`."""
        return self._jobs.get(name)

    def running(self) -> Job | None:
        """Return the job that is not over yet."""
        return next((job for job in self._jobs.values() if job.code is None), None)

    async def start(self, collection: Collection, what: str, arguments: Sequence[str]) -> Job:
        """Start `handouts` with `arguments` on a collection. Raises DeskError while another command runs."""
        async with self._starting:
            if before := self.running():
                raise DeskError(f"{before.what} is still at work. Wait until it is done, or stop it.")
            return await self._start(collection, what, arguments)

    async def _start(self, collection: Collection, what: str, arguments: Sequence[str]) -> Job:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "handouts", *arguments, cwd=collection.root, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, start_new_session=True, limit=LONGEST_LINE,
            env={**os.environ, NAMED_IN: str(collection.root), "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        job = Job(secrets.token_hex(8), what, process)
        self._jobs[job.id] = job
        for name in [name for name, one in self._jobs.items() if one.code is not None][:-MOST_KEPT]:
            del self._jobs[name]
        job.reading = asyncio.create_task(_read(job))
        return job

    async def end(self) -> None:
        """Stop what runs, and wait for it: the server ends."""
        for job in self._jobs.values():
            job.stop()
            if job.reading:
                await asyncio.wait({job.reading}, timeout=10)
            if job.code is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(job.process.pid, signal.SIGKILL)


async def _read(job: Job) -> None:
    """Keep what a command says, until it is over: its progress, and its answer."""

    async def read(stream: asyncio.StreamReader | None, *, answer: bool) -> None:
        while stream and (line := await stream.readline()):
            text = line.decode(errors="replace").rstrip()
            if answer:
                job.output.append(text)
            if not (answer and job.what == "check"):  # its answer is a page
                job.lines.append(text)

    try:
        await asyncio.gather(read(job.process.stdout, answer=True), read(job.process.stderr, answer=False))
    except ValueError:  # a line without an end: what comes after it is not read, and would hold the command up
        job.process.kill()
    code = await job.process.wait()
    if job.stopped and code not in (0, INTERRUPTED):  # before the command could say so itself
        job.lines.clear()
        job.lines.append(STOPPED)
    job.code = code
