"""Jupyter messages through plain sockets, and what cells print as such messages.

ZeroMQ has threads, which a fork cannot own; here a message is one JSON object, its length before it.
"""

import asyncio
import contextlib
import contextvars
import json
import os
import socket
import struct
import threading
import time
from queue import Empty
from typing import Any

from ipykernel import iostream
from jupyter_client.jsonutil import extract_dates, json_default
from jupyter_client.session import Session

IOPUB, SHELL = "iopub", "shell"
FLUSH_AFTER = 0.2
"""Seconds after which ipykernel sends what was printed; the order of two streams depends on it."""


def frame(message: Any) -> bytes:
    """Return `message` as bytes that `Frames` can tell apart."""
    content = json.dumps(message, default=json_default, ensure_ascii=False, allow_nan=True).encode(
        "utf-8", "surrogateescape"
    )
    return struct.pack(">I", len(content)) + content


class Frames:
    """Puts together messages from bytes that arrive in pieces of any length."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, received: bytes) -> None:
        """Take in what was received."""
        self._bytes += received

    def next(self) -> Any | None:
        """Return the next whole message, or None."""
        if len(self._bytes) < 4:
            return None
        (length,) = struct.unpack_from(">I", self._bytes)
        if len(self._bytes) < 4 + length:
            return None
        content = bytes(self._bytes[4 : 4 + length])
        del self._bytes[: 4 + length]
        return json.loads(content.decode("utf-8", "replace"))  # as jupyter_client does


class Channel:
    """One of the two ways messages come from a process, or from nowhere, for those that are replayed.

    While `noting` holds the number of a request and a list, the messages for it are added to the list.
    """

    def __init__(self, end: socket.socket | None = None, patience: float = 0) -> None:
        self.nobody: socket.socket | None = None
        if end is None:
            end, self.nobody = socket.socketpair()
        self.end = end
        self.patience = patience
        self.noting: tuple[str, list[Any]] | None = None
        self.frames = Frames()
        self.replies: list[Any] = []
        self.closed = False
        self.loop: asyncio.AbstractEventLoop | None = None
        end.setblocking(False)

    async def get_msg(self, timeout: float | None = None) -> Any:
        """Return the next message; raise Empty after `timeout` seconds, and wait forever where the process is gone."""
        self.loop = loop = asyncio.get_running_loop()
        deadline = None if timeout is None else loop.time() + timeout
        while True:
            if self.replies:
                return self.replies.pop(0)
            message = self.frames.next()
            if message is not None:
                return self._noted(_received(message))
            left = None if deadline is None else max(0.0, deadline - loop.time())
            try:
                if self.closed:  # papermill's client asks is_alive every second, and tells that it is dead
                    await asyncio.wait_for(asyncio.Event().wait(), left)
                received = await asyncio.wait_for(loop.sock_recv(self.end, 1 << 16), left)
            except TimeoutError:
                raise Empty from None
            except ConnectionResetError:
                received = b""
            if received:
                self.frames.feed(received)
            else:
                self.closed = True

    def _noted(self, message: Any) -> Any:
        if self.noting and message["parent_header"].get("msg_id") == self.noting[0]:
            self.noting[1].append(message)
        return message

    def send(self, message: Any) -> None:
        """Send `message` to the process; one that does not take it in time counts as gone."""
        buffers = [bytes(part).hex() for part in message.get("buffers", [])]
        self.end.settimeout(self.patience)
        try:
            self.end.sendall(frame({**message, "buffers": buffers}))
        except OSError:
            self.closed = True
        else:
            self.end.setblocking(False)

    def close(self) -> None:
        """Close this end; the event loop must not go on to look at its number, which another socket may get."""
        if self.loop and not self.loop.is_closed() and self.end.fileno() >= 0:
            self.loop.remove_reader(self.end)
        self.closed = True
        self.end.close()
        if self.nobody:
            self.nobody.close()

    def wait(self) -> Any:
        """Return the next message, or None where the process is gone, or silent for too long."""
        deadline = time.monotonic() + self.patience
        while not self.closed and (message := self.frames.next()) is None:
            try:
                self.end.settimeout(max(0.001, deadline - time.monotonic()))
                received = self.end.recv(1 << 16)
            except OSError:
                received = b""
            self.frames.feed(received)
            self.closed = not received
        if self.closed:
            return None
        self.end.setblocking(False)
        return _received(message)


def _received(message: Any) -> Any:
    message["buffers"] = [memoryview(bytes.fromhex(part)) for part in message.get("buffers", [])]
    message["header"] = extract_dates(message["header"])
    message["parent_header"] = extract_dates(message["parent_header"])
    return message


class Link(Session):
    """A session whose messages go through this process's sockets instead of ZeroMQ."""

    def connect(self, shell: socket.socket, iopub: socket.socket) -> None:
        """Send through these sockets from now on."""
        self.sockets = {SHELL: shell, IOPUB: iopub}
        self.owner = os.getpid()
        self.sending = threading.RLock()

    def send(self, stream: Any, msg_or_type: Any, content: Any = None, parent: Any = None, ident: Any = None,
             buffers: Any = None, track: bool = False, header: Any = None, metadata: Any = None) -> Any:  # fmt: skip
        """Send a message on `stream`, "shell" or "iopub"; return it."""
        if isinstance(msg_or_type, dict):
            message = msg_or_type
        else:
            message = self.msg(msg_or_type, content=content, parent=parent, header=header, metadata=metadata)
        if os.getpid() == self.owner:  # a child that the notebook forked has its own output, and no say here
            sent = {**message, "buffers": [bytes(part).hex() for part in buffers or []]}
            with self.sending, contextlib.suppress(BrokenPipeError):
                self.sockets[stream].sendall(frame(sent))
        return message

    def feed_identities(self, message: Any, copy: bool = True) -> Any:
        """Return no identities, and the message: who asks is at the other end of the socket."""
        return [], message

    def deserialize(self, message: Any, content: bool = True, copy: bool = True) -> Any:
        """Return the message, which has come as it is."""
        return message


class Captured:
    """What this process and its children write to a file descriptor past Python's streams."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._begin()

    def _begin(self) -> None:
        file = os.memfd_create("output")
        self.reader = os.open(f"/proc/self/fd/{file}", os.O_RDONLY | os.O_CLOEXEC)
        writer = os.open(f"/proc/self/fd/{file}", os.O_WRONLY | os.O_APPEND)
        os.dup2(writer, self.descriptor)
        os.close(writer)
        os.close(file)

    def renew(self) -> None:
        """Start anew, with nothing written yet; a fork does, so as not to read what others write.

        A descriptor that the cells above have led elsewhere stays theirs.
        """
        with contextlib.suppress(OSError):
            if os.path.sameopenfile(self.reader, self.descriptor):
                os.close(self.reader)
                self._begin()

    def read(self) -> bytes:
        """Return what was written since the last time."""
        with contextlib.suppress(OSError):  # a cell may close what is not its own
            return b"".join(iter(lambda: os.read(self.reader, 1 << 20), b""))
        return b""


class OutStream(iostream.OutStream):
    """Standard output or error of a cell; sends what is printed when ipykernel's would, in a thread of its own."""

    def __init__(self, name: str, descriptor: int, link: Link) -> None:
        self.name = name
        self.session = self.pub_thread = link  # closed, for its class, when that is None
        self.others: list[OutStream] = [self]
        self._original_stdstream_copy = os.dup(descriptor)
        self._captured = Captured(descriptor)
        self._parent_header = contextvars.ContextVar("parent_header")
        self.parent_header = {}
        self._isatty = False
        self._texts: list[tuple[Any, str]] = []
        self._since = 0.0
        self._lock = threading.RLock()

    def renew(self) -> None:
        """Start anew in a fork."""
        self._captured.renew()

    def write(self, text: str) -> int:
        """Take in `text`, as output of the request that this task or thread works for."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        if self.pub_thread is None:
            raise ValueError("I/O operation on closed file")
        if os.getpid() != self.session.owner:
            os.write(self._captured.descriptor, text.encode("utf-8", "replace"))
            return len(text)
        with self._lock:
            now = time.monotonic()
            for stream in sorted(self.others, key=lambda stream: stream._since):
                if stream._texts and now - stream._since > FLUSH_AFTER:
                    stream.flush()
            self._take_captured()
            self._take(self.parent_header, text)
        return len(text)

    def _take_captured(self) -> None:
        self._take(self._parent_header_global, self._captured.read().decode("utf-8", "replace"))

    def _take(self, parent: Any, text: str) -> None:
        if text:
            if not self._texts:
                self._since = time.monotonic()
            self._texts.append((parent, text))

    def flush(self) -> None:
        """Send what was taken in."""
        if self.pub_thread is None or os.getpid() != self.session.owner:
            return
        with self._lock:
            self._take_captured()
            texts, self._texts = self._texts, []
        together: dict[Any, list[str]] = {}
        parents = {}
        for parent, text in texts:
            number = parent.get("msg_id")
            parents[number] = parent
            together.setdefault(number, []).append(text)
        for number, parts in together.items():
            self.session.send(IOPUB, "stream", {"name": self.name, "text": "".join(parts)}, parent=parents[number])

    def close(self) -> None:
        """Write nothing more, and give the descriptor back."""
        if self.pub_thread is not None:
            self.flush()
            os.dup2(self._original_stdstream_copy, self._captured.descriptor)
            self.pub_thread = None
