"""IPython's kernel, without the threads and sockets that a fork cannot own.

All that makes cells mean what they mean in a notebook (magics, displays, tracebacks, top-level await,
figures) is ipykernel's own code; this module only replaces how messages travel.
"""

import asyncio
import contextlib
import contextvars
import importlib.util
import io
import logging
import os
import selectors
import socket
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

from ipykernel import kernelapp
from ipykernel.displayhook import ZMQDisplayHook
from ipykernel.ipkernel import IPythonKernel
from jupyter_core.paths import jupyter_runtime_dir
from tornado.ioloop import IOLoop

from handouts.engine.messages import IOPUB, SHELL, Frames, Link, OutStream

THREADS = 3
"""How many threads without names of their own ipykernel has more than this: the notebook's are numbered after them."""


class Kernel(IPythonKernel):
    """IPython's kernel without threads and sockets of its own."""

    freeze_request: Any = None

    def _abort_queues(self, subshell_id: str | None = None) -> None:
        """Do nothing: who sends requests here sends one at a time."""


class IPKernelApp(kernelapp.IPKernelApp):
    """IPython's kernel application, with its profile, extensions and start-up files, on our sockets."""

    kernel_class = Kernel

    def begin(self, link: Link) -> Kernel:
        """Return a kernel that is ready."""
        arguments = ["-f", f"{jupyter_runtime_dir()}/kernel-{link.session}.json", "--HistoryManager.hist_file=:memory:"]
        launcher = importlib.util.find_spec("ipykernel_launcher")
        sys.argv = [str(launcher and launcher.origin), *arguments]  # as nbclient starts a kernel; notebooks look at it
        super(kernelapp.IPKernelApp, self).initialize(arguments)
        for _ in range(THREADS):
            threading.Thread()
        self.init_pdb()
        streams = [OutStream("stdout", 1, link), OutStream("stderr", 2, link)]
        for stream in streams:
            stream.others = streams
        for handler in self.log.handlers:  # what the kernel reports is no output of a cell
            if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr:
                handler.setStream(io.TextIOWrapper(io.FileIO(streams[1].fileno(), "w", closefd=False)))
        sys.stdout, sys.stderr = streams
        self.session = link
        self.displayhook = ZMQDisplayHook(link, IOPUB)
        sys.displayhook = self.displayhook
        self.patch_io()
        self.init_signal()
        self.kernel = self.kernel_class.instance(
            parent=self, session=link, iopub_socket=IOPUB, log=self.log, profile_dir=self.profile_dir, user_ns=self.user_ns,
            shell_channel_thread=types.SimpleNamespace(
                parent_thread=threading.main_thread(),
                manager=types.SimpleNamespace(
                    get_subshell_to_shell_channel_socket=lambda _: SHELL, set_subshell_aborting=lambda *_: None
                ),
            ),
        )  # fmt: skip
        self.kernel._execute_sleep = 0
        self.displayhook.get_execution_count = lambda: self.kernel.execution_count
        self.init_path()
        self.init_shell()
        self.init_gui_pylab()
        self.init_extensions()
        self.init_code()
        sys.stdout.flush()
        sys.stderr.flush()
        return self.kernel


class Server:
    """Answers the messages for a kernel, above the parameters and then, in each fork, below them.

    As in ipykernel, all cells run in one context: what one of them sets in a context variable, such as
    the precision of decimals or how numpy prints, the next one finds.
    """

    def __init__(self, kernel: Kernel, link: Link) -> None:
        self.kernel, self.link = kernel, link
        # What this one waits for is in its memory alone; of another, the system's part would be shared by all forks.
        self.loop = asyncio.SelectorEventLoop(selectors.PollSelector())
        asyncio.set_event_loop(self.loop)
        self.context = contextvars.copy_context()
        self.streams = list(sys.stdout.others)  # type: ignore[union-attr]
        self.opened: Callable[[], list[str] | None] = lambda: None

    def serve(self) -> str:
        """Answer until told to freeze, or until nobody asks any more; return "freeze" or "end"."""
        answering = self.loop.create_task(self._answer())
        answering.add_done_callback(lambda _: self.loop.stop())
        self.loop.run_forever()
        return answering.result() if answering.done() else "end"  # exit() stops the loop

    def renew(self) -> None:
        """Share neither output nor wake-ups with the process that this one is a fork of."""
        ends = socket.socketpair()
        for own, shared in zip(ends, (self.loop._ssock, self.loop._csock), strict=True):  # type: ignore[attr-defined]
            own.setblocking(False)
            os.dup2(own.fileno(), shared.fileno(), inheritable=False)
            own.close()
        for stream in self.streams:
            stream.renew()

    async def _answer(self) -> str:
        frames, shell = Frames(), self.link.sockets[SHELL]
        self.kernel.io_loop = IOLoop.current()
        shell.setblocking(False)
        try:
            while True:
                message = frames.next()
                if message is None:
                    received = b""
                    with contextlib.suppress(ConnectionResetError):
                        received = await self.loop.sock_recv(shell, 1 << 16)
                    if not received:
                        return "end"
                    frames.feed(received)
                elif message["header"]["msg_type"] == "freeze_request":
                    message["content"]["tasks"] = len(asyncio.all_tasks(self.loop)) > 1
                    self.kernel.freeze_request = message
                    return "freeze"
                elif message["header"]["msg_type"] == "read_request":
                    shell.setblocking(True)
                    self.link.send(SHELL, "read_reply", {"read": self.opened()}, parent=message)
                    shell.setblocking(False)
                else:
                    message["buffers"] = [bytes.fromhex(part) for part in message.get("buffers", [])]
                    shell.setblocking(True)
                    with contextlib.suppress(asyncio.CancelledError):
                        await self.loop.create_task(self.kernel.dispatch_shell(message), context=self.context)
                    shell.setblocking(False)
        finally:
            shell.setblocking(True)
