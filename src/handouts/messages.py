"""Jupyter messages through plain sockets, and what cells print as such messages.

ZeroMQ has threads, which a fork cannot own; here a message is one JSON object, its length before it.
"""

import contextlib
import io
import json
import os
import socket
import struct
import threading
import time
from typing import Any

from jupyter_client.jsonutil import json_default
from jupyter_client.session import Session, extract_header

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
        return json.loads(content.decode("utf-8", "surrogateescape"))


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


class Captured:
    """What this process and its children write to a file descriptor past Python's streams."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.renew()

    def renew(self) -> None:
        """Start anew, with nothing written yet; a fork does, so as not to read what others write."""
        file = os.memfd_create("output")
        self.reader = os.open(f"/proc/self/fd/{file}", os.O_RDONLY | os.O_CLOEXEC)
        writer = os.open(f"/proc/self/fd/{file}", os.O_WRONLY | os.O_APPEND)
        os.dup2(writer, self.descriptor)
        os.close(writer)
        os.close(file)

    def read(self) -> bytes:
        """Return what was written since the last time."""
        return b"".join(iter(lambda: os.read(self.reader, 1 << 20), b""))


class Stream(io.TextIOBase):
    """Standard output or error of a cell; sends what is printed when ipykernel's would."""

    encoding = "UTF-8"
    errors = "strict"

    def __init__(self, name: str, descriptor: int, link: Link) -> None:
        super().__init__()
        self.name = name
        self.captured = Captured(descriptor)
        self.link = link
        self.parent: Any = {}
        self.others: list[Stream] = [self]
        self._text: list[str] = []
        self._since = 0.0
        self._lock = threading.RLock()

    def set_parent(self, parent: Any) -> None:
        """Send what comes as output of the request `parent`."""
        self.parent = extract_header(parent)

    def writable(self) -> bool:
        """Say that this can be written to."""
        return True

    def fileno(self) -> int:
        """Return the descriptor that child processes write to."""
        return self.captured.descriptor

    def write(self, text: str) -> int:
        """Take in `text`."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        if os.getpid() != self.link.owner:
            os.write(self.captured.descriptor, text.encode("utf-8", "replace"))
            return len(text)
        with self._lock:
            now = time.monotonic()
            for stream in sorted(self.others, key=lambda stream: stream._since):
                if stream._text and now - stream._since > FLUSH_AFTER:
                    stream.flush()
            self._take(self.captured.read().decode("utf-8", "replace"))
            self._take(text)
        return len(text)

    def _take(self, text: str) -> None:
        if text:
            if not self._text:
                self._since = time.monotonic()
            self._text.append(text)

    def flush(self) -> None:
        """Send what was taken in."""
        if os.getpid() != self.link.owner:
            return
        with self._lock:
            self._take(self.captured.read().decode("utf-8", "replace"))
            text, self._text = "".join(self._text), []
        if text:
            self.link.send(IOPUB, "stream", {"name": self.name, "text": text}, parent=self.parent)
