"""Runs on forks of a snapshot, driven by papermill's own client.

papermill's client decides what to execute and makes outputs of messages, as with any kernel; here it
is given a kernel that is a process of ours. The first notebook with certain cells above its
parameters runs them in a fresh process, which is then frozen; each run is a fork of it. For later
notebooks with the same cells the messages of those cells are replayed.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from jupyter_client.session import Session
from jupyter_core.utils import run_sync
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine
from papermill.log import logger
from papermill.utils import merge_kwargs, remove_args

from handouts.engine import pool
from handouts.engine.forkserver import LostError, NoSnapshotError, Preload, UnsuitableError
from handouts.engine.messages import IOPUB, SHELL, Channel
from handouts.engine.pool import Executed, Snapshot
from handouts.engine.stamps import FILE, LOG

PARAMETERS, INJECTED = "parameters", "injected-parameters"
"""The tags of the cell with the parameters, and of the one that papermill puts in after it."""
TRIES = 2
"""How often a run is tried on a snapshot whose process is lost, before papermill's own engine does it."""
SECONDS_TO_STOP = 2.5
"""How long a cell that was interrupted may go on, as with papermill's own engine."""

_refused: dict[str, str] = {}
"""What in the cells above the parameters keeps them from being frozen, by their key."""


class Run:
    """What papermill's client takes for a kernel: kernel manager and kernel client in one.

    Cells above the parameters come from the snapshot: replayed, or executed there and noted. The
    first cell below them starts the fork that executes the rest.
    """

    def __init__(self, above: int, key: str, options: list[str], patience: float, preload: Preload) -> None:
        self.above = above
        self.key = key
        self.session = Session()
        found = pool.take(key)
        self.snapshot = found or Snapshot(options, patience, preload)
        self.replay: Iterator[Executed] | None = iter(found.executed) if found else None
        self.shell_channel = Channel() if found else self.snapshot.shell
        self.iopub_channel = Channel() if found else self.snapshot.iopub
        self.pid: int | None = None
        self.index = 0

    def execute(self, code: str, store_history: bool = True, stop_on_error: bool = True, **_: Any) -> str:
        """Have `code` executed and return the id that its messages will carry."""
        content = {"code": code, "silent": False, "store_history": store_history, "user_expressions": {},
                   "allow_stdin": False, "stop_on_error": stop_on_error}  # fmt: skip
        request = self.session.msg("execute_request", content)
        number = str(request["header"]["msg_id"])
        if self.index >= self.above:
            if self.pid is None:
                self._fork()
            self.shell_channel.send(request)
        elif self.replay is not None:
            executed = next(self.replay, None)
            if executed is None or executed.code != code:
                raise NoSnapshotError("its cells above the parameters are not those of the snapshot")
            for channel, name in ((self.shell_channel, SHELL), (self.iopub_channel, IOPUB)):
                for message in executed.messages[name]:
                    channel.replies.append({**message, "parent_header": request["header"]})
        else:
            noted = Executed(code)
            self.snapshot.executed.append(noted)
            for channel, name in ((self.shell_channel, SHELL), (self.iopub_channel, IOPUB)):
                channel.noting = (number, noted.messages[name])
            self.shell_channel.send(request)
        return number

    def _freeze(self) -> None:
        self.snapshot.freeze()
        pool.keep(self.key, self.snapshot)

    def _fork(self) -> None:
        if not self.snapshot.frozen:
            self._freeze()
        if self.replay is not None:
            self.shell_channel.close()
            self.iopub_channel.close()
        try:
            self.pid, self.shell_channel, self.iopub_channel = self.snapshot.fork()
        except LostError:
            pool.drop(self.key, self.snapshot)
            raise

    def kernel_info(self) -> str:
        """Answer at once: what kernel this is was told when it started."""
        message = self.session.msg("kernel_info_request")
        reply = self.session.msg("kernel_info_reply", self.snapshot.kernel_info, parent=message)
        self.shell_channel.replies.append(reply)
        return str(message["header"]["msg_id"])

    def list_read(self) -> list[str] | None:
        """Return the files that the cells above the parameters and this run's have opened so far, or None where that is not known."""
        if self.pid is None:
            return None
        self.shell_channel.send(self.session.msg("read_request"))
        while (told := self.shell_channel.wait()) and told["header"]["msg_type"] != "read_reply":
            pass
        if told is None or told["content"]["read"] is None:
            return None
        return sorted(
            {*told["content"]["read"], *(path for kind, path, _ in self.snapshot.read if kind in (FILE, LOG))}
        )

    def is_alive(self) -> bool:
        """Tell whether the process that executes is there."""
        return not (self.shell_channel.closed or self.iopub_channel.closed)

    def interrupt_kernel(self) -> None:
        """Interrupt the cell that executes, and the programs that it waits for."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(os.getpgid(self.pid or self.snapshot.pid), signal.SIGINT)

    def finish(self) -> None:
        """End this run; a snapshot that was not frozen, and is not whole, ends too."""
        if self.pid is not None:
            self.snapshot.end_run(self.pid)
        elif not self.snapshot.frozen and self.index >= self.above and not self.snapshot.ended():
            with contextlib.suppress(NoSnapshotError):  # nothing is below the parameters here: elsewhere there may be
                self._freeze()
        if self.pid is not None or self.replay is not None:
            self.shell_channel.close()
            self.iopub_channel.close()
        pool.give_back(self.snapshot)


class ForkingClient(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
    """papermill's client, whose kernel is a run on a snapshot."""

    run: Run | None = None
    interpreter: list[str]
    patience: float
    note_read: bool
    preload: Preload

    @contextlib.contextmanager
    def setup_kernel(self, **_: Any) -> Iterator[None]:
        """Give the client a run for a kernel, and end it afterwards."""
        first = next(
            (count for count, cell in enumerate(self.nb.cells) if INJECTED in _tags(cell)),
            next((count + 1 for count, cell in enumerate(self.nb.cells) if PARAMETERS in _tags(cell)), None),
        )
        if first is None:
            raise NoSnapshotError("it has no parameters cell")
        key = pool.key_of(self.nb.cells[:first], [self.kernel_name, *self.interpreter, *self.preload.modules])
        if key in _refused:
            raise NoSnapshotError(_refused[key])
        self.polling: set[asyncio.Task[Any]] = set()
        self.run = self.km = self.kc = run = Run(first, key, self.interpreter, self.patience, self.preload)
        try:
            yield
        except UnsuitableError as error:
            _refused[key] = str(error)
            raise
        finally:
            try:
                run_sync(self._stop)()
            finally:
                run.finish()

    async def _async_poll_output_msg(self, *arguments: Any) -> None:
        self.polling.add(asyncio.current_task())  # type: ignore[arg-type]
        await super()._async_poll_output_msg(*arguments)

    async def _async_poll_kernel_alive(self) -> None:
        self.polling.add(asyncio.current_task())  # type: ignore[arg-type]
        await super()._async_poll_kernel_alive()

    async def _stop(self) -> None:
        """Interrupt a cell that still executes, and take in what it says to that; leave no task behind."""
        assert self.run is not None
        going_on = {task for task in self.polling if not task.done()}
        if going_on and self.run.is_alive():
            self.run.interrupt_kernel()
            await asyncio.wait(going_on, timeout=SECONDS_TO_STOP, return_when=asyncio.FIRST_COMPLETED)
        for task in going_on:
            task.cancel()
        await asyncio.gather(*going_on, return_exceptions=True)

    def papermill_execute_cells(self) -> None:
        """Execute the cells as papermill does, and tell the run which one is next."""
        start = self.nb_man.cell_start

        def cell_start(cell: NotebookNode, cell_index: int | None = None, **options: Any) -> Any:
            assert self.run is not None
            self.run.index = cell_index or 0
            return start(cell, cell_index, **options)

        self.nb_man.cell_start = cell_start
        try:
            super().papermill_execute_cells()
            assert self.run is not None
            self.run.index = len(self.nb.cells)
            if self.note_read:
                self.nb.metadata.papermill["read"] = self.run.list_read()
        finally:
            del self.nb_man.cell_start


class ForkingEngine(NBClientEngine):  # type: ignore[misc]
    """papermill's engine, on snapshots where that is possible, and as it is elsewhere, with a line that says why."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, log_output: bool = False, stdout_file: Any = None, stderr_file: Any = None,
        start_timeout: float = 60, execution_timeout: float | None = None, note_read: bool = False,
        preload: Sequence[str] = (), preload_apart: Sequence[str] = (), **options: Any,
    ) -> Any:  # fmt: skip
        """Execute the notebook of `nb_man`; the options are those of papermill's own engine, and three more.

        With `note_read` the notebook's metadata `papermill.read` lists the files that the cells opened, or is None where others
        may have been read that nobody saw; where papermill's own engine does the work, it is not there. The modules `preload` are
        imported before any cell runs, once for all notebooks of this process with the same environment; variables `preload_apart`,
        which these modules do not look at as they are imported, may differ.
        """
        ours = merge_kwargs(
            remove_args(["input_path", "timeout", "startup_timeout", "extra_arguments"], **options),
            timeout=execution_timeout or options.get("timeout"),
            kernel_name=kernel_name, log=logger, log_output=log_output, stdout_file=stdout_file, stderr_file=stderr_file,
        )  # fmt: skip
        reason: NoSnapshotError | None = None
        for _ in range(TRIES):
            try:
                interpreter = _interpreter(kernel_name)
                client = ForkingClient(nb_man, **ours)
                client.interpreter, client.patience, client.note_read = interpreter, start_timeout, note_read
                client.preload = Preload(tuple(preload), tuple(preload_apart))
                return client.execute()
            except NoSnapshotError as error:
                reason = error
            if nb_man.pbar:
                nb_man.pbar.reset()
            nb_man.notebook_start()
            if not isinstance(reason, LostError):
                break
        logger.warning("Not run on a snapshot but by papermill's own engine: %s.", reason)
        return super().execute_managed_notebook(
            nb_man, kernel_name, log_output=log_output, stdout_file=stdout_file, stderr_file=stderr_file,
            start_timeout=start_timeout, execution_timeout=execution_timeout, **options,
        )  # fmt: skip


def _tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags") or [])


def _interpreter(kernel_name: str) -> list[str]:
    """Return the options that the kernel gives Python.

    Raises NoSnapshotError where it is not Python in this interpreter, or the system is not Linux.
    """
    if not sys.platform.startswith("linux"):
        raise NoSnapshotError(f"{sys.platform} is not Linux")
    try:
        spec = KernelSpecManager().get_kernel_spec(kernel_name)
    except NoSuchKernel:
        raise NoSnapshotError(f"there is no kernel named {kernel_name}") from None
    if spec.language != "python":
        raise NoSnapshotError(f"its language is {spec.language}")
    program = spec.argv[0] if spec.argv else ""
    if spec.argv[-4:-2] != ["-m", "ipykernel_launcher"] or program not in ("python", "python3", sys.executable):
        raise NoSnapshotError("its kernel is another interpreter")
    if spec.env:
        raise NoSnapshotError("its kernel sets an environment of its own")
    return list(spec.argv[1 : spec.argv.index("-m")])
