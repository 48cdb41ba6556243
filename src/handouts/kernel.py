"""IPython's kernel, without the threads and sockets that a fork cannot own.

All that makes cells mean what they mean in a notebook (magics, displays, tracebacks, top-level await,
figures) is ipykernel's own code; this module only replaces how messages travel.
"""

import asyncio
import signal
import sys
import threading
import types
from typing import Any

from ipykernel.displayhook import ZMQDisplayHook
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

from handouts.messages import IOPUB, SHELL, Frames, Link, Stream


class Kernel(IPythonKernel):
    """IPython's kernel without threads and sockets of its own."""

    freeze_request: Any = None

    async def handle(self, message: Any) -> None:
        """Answer one message, as ipykernel's dispatcher does."""
        message["buffers"] = [bytes.fromhex(part) for part in message.get("buffers", [])]
        self.set_parent([], message, channel="shell")
        self._publish_status("busy", "shell")
        handler = self.shell_handlers.get(message["header"]["msg_type"])
        if handler:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            try:
                result = handler(SHELL, [], message)
                if result is not None:
                    await result
            except KeyboardInterrupt:
                print("KeyboardInterrupt caught in kernel.", file=sys.stderr)
            finally:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.stdout.flush()
        sys.stderr.flush()
        self._publish_status("idle", "shell")

    def _abort_queues(self, subshell_id: str | None = None) -> None:
        """Do nothing: who sends requests here sends one at a time."""


class App(IPKernelApp):
    """IPython's kernel application, with its profile, extensions and start-up files, on our sockets."""

    kernel_class = Kernel

    def begin(self, link: Link) -> Kernel:
        """Return a kernel that is ready."""
        super(IPKernelApp, self).initialize(["--HistoryManager.enabled=False"])  # its history is a thread
        self.init_pdb()
        streams = [Stream("stdout", 1, link), Stream("stderr", 2, link)]
        for stream in streams:
            stream.others = streams
            stream.link = link
        sys.stdout, sys.stderr = streams
        self.session = link
        self.displayhook = ZMQDisplayHook(link, IOPUB)
        sys.displayhook = self.displayhook
        self.patch_io()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.kernel = self.kernel_class.instance(
            parent=self, session=link, iopub_socket=IOPUB, log=self.log, profile_dir=self.profile_dir, user_ns=self.user_ns,
            shell_channel_thread=types.SimpleNamespace(parent_thread=threading.main_thread()),
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


async def serve(kernel: Kernel, link: Link) -> str:
    """Answer messages until told to freeze, or until nobody asks any more; return "freeze" or "end"."""
    loop, frames = asyncio.get_running_loop(), Frames()
    shell = link.sockets[SHELL]
    shell.setblocking(False)
    try:
        while True:
            message = frames.next()
            if message is None:
                received = await loop.sock_recv(shell, 1 << 16)
                if not received:
                    return "end"
                frames.feed(received)
            elif message["header"]["msg_type"] == "freeze_request":
                if len(asyncio.all_tasks(loop)) > 1:
                    message["content"]["tasks"] = True
                kernel.freeze_request = message
                return "freeze"
            else:
                shell.setblocking(True)
                await kernel.handle(message)
                shell.setblocking(False)
    finally:
        shell.setblocking(True)
