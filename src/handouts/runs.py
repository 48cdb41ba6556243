"""Runs on forks of a snapshot, driven by papermill's own client.

papermill's client decides what to execute and makes outputs of messages, as with any kernel; here it
is given a kernel that is a process of ours. The first notebook with certain cells above its
parameters runs them in a fresh process, which is then frozen; each run is a fork of it. For later
notebooks with the same cells the messages of those cells are replayed.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from jupyter_client.session import Session
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine
from papermill.log import logger
from papermill.utils import merge_kwargs, remove_args

from handouts import snapshots
from handouts.messages import IOPUB, SHELL
from handouts.notebook import INJECTED, PARAMETERS, tags
from handouts.snapshots import Channel, Executed, NoSnapshotError, Snapshot

_refused: dict[str, str] = {}
"""Why cells above the parameters could not be frozen, by their key."""


class Run:
    """What papermill's client takes for a kernel: kernel manager and kernel client in one.

    Cells above the parameters come from the snapshot: replayed, or executed there and noted. The
    first cell below them starts the fork that executes the rest.
    """

    def __init__(self, above: int, key: str) -> None:
        self.above = above
        self.key = key
        self.session = Session()
        found = snapshots.find(key)
        self.snapshot = found or Snapshot()
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
        try:
            self.snapshot.freeze()
        except NoSnapshotError:
            self.snapshot.end()
            raise
        snapshots.keep(self.key, self.snapshot)

    def _fork(self) -> None:
        if not self.snapshot.frozen:
            self._freeze()
        if self.replay is not None:
            self.shell_channel.close()
            self.iopub_channel.close()
        self.pid, self.shell_channel, self.iopub_channel = self.snapshot.fork()

    def kernel_info(self) -> str:
        """Answer at once: what kernel this is was told when it started."""
        message = self.session.msg("kernel_info_request")
        reply = self.session.msg("kernel_info_reply", self.snapshot.kernel_info, parent=message)
        self.shell_channel.replies.append(reply)
        return str(message["header"]["msg_id"])

    def is_alive(self) -> bool:
        """Tell whether the process that executes is there."""
        return not (self.shell_channel.closed or self.iopub_channel.closed)

    def interrupt_kernel(self) -> None:
        """Interrupt the cell that executes."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid or self.snapshot.pid, signal.SIGINT)

    def finish(self) -> None:
        """End this run; a snapshot that was not frozen, and is not whole, ends too."""
        if self.pid is not None:
            self.shell_channel.close()
            self.iopub_channel.close()
            self.snapshot.end_run(self.pid)
        elif not self.snapshot.frozen:
            if self.index < self.above or self.snapshot.process.poll() is not None:
                self.snapshot.end()
            else:  # a notebook with nothing below its parameters: the next one may have
                with contextlib.suppress(NoSnapshotError):
                    self._freeze()


class ForkingClient(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
    """papermill's client, whose kernel is a run on a snapshot."""

    run: Run | None = None

    @contextlib.contextmanager
    def setup_kernel(self, **_: Any) -> Iterator[None]:
        """Give the client a run for a kernel, and end it afterwards."""
        first = next(
            (count for count, cell in enumerate(self.nb.cells) if INJECTED in tags(cell)),
            next((count + 1 for count, cell in enumerate(self.nb.cells) if PARAMETERS in tags(cell)), None),
        )
        if first is None:
            raise NoSnapshotError("it has no parameters cell")
        key = snapshots.key_of(self.nb.cells[:first], self.kernel_name)
        if key in _refused:
            raise NoSnapshotError(_refused[key])
        run = Run(first, key)
        try:
            self.run = self.km = self.kc = run
            yield
        except NoSnapshotError as error:
            _refused[key] = str(error)
            raise
        finally:
            run.finish()

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
        finally:
            del self.nb_man.cell_start


class ForkingEngine(NBClientEngine):  # type: ignore[misc]
    """papermill's engine, on snapshots where that is possible, and as it is elsewhere, with a line that says why."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, log_output: bool = False, stdout_file: Any = None, stderr_file: Any = None,
        start_timeout: float = 60, execution_timeout: float | None = None, **options: Any,
    ) -> Any:  # fmt: skip
        """Execute the notebook of `nb_man`; the options are those of papermill's own engine."""
        try:
            _check_kernel(kernel_name)
            ours = merge_kwargs(
                remove_args(["input_path", "timeout", "startup_timeout", "extra_arguments"], **options),
                timeout=execution_timeout or options.get("timeout"),
                kernel_name=kernel_name, log=logger, log_output=log_output, stdout_file=stdout_file, stderr_file=stderr_file,
            )  # fmt: skip
            return ForkingClient(nb_man, **ours).execute()
        except NoSnapshotError as reason:
            logger.warning("Not run on a snapshot but by papermill's own engine: %s.", reason)
        if nb_man.pbar:
            nb_man.pbar.reset()
        nb_man.notebook_start()
        return super().execute_managed_notebook(
            nb_man, kernel_name, log_output=log_output, stdout_file=stdout_file, stderr_file=stderr_file,
            start_timeout=start_timeout, execution_timeout=execution_timeout, **options,
        )  # fmt: skip


def _check_kernel(kernel_name: str) -> None:
    """Raise NoSnapshotError where the kernel is not Python in this interpreter, or the system is not Linux."""
    if not sys.platform.startswith("linux"):
        raise NoSnapshotError(f"{sys.platform} is not Linux")
    try:
        spec = KernelSpecManager().get_kernel_spec(kernel_name)
    except NoSuchKernel:
        raise NoSnapshotError(f"there is no kernel named {kernel_name}") from None
    if spec.language != "python":
        raise NoSnapshotError(f"its language is {spec.language}")
    program = spec.argv[0] if spec.argv else ""
    if "ipykernel_launcher" not in " ".join(spec.argv) or program not in ("python", "python3", sys.executable):
        raise NoSnapshotError("its kernel is another interpreter")
    if spec.env:
        raise NoSnapshotError("its kernel sets an environment of its own")
