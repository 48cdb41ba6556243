"""Who does the work: processes on this machine, or a Dask cluster. Both are executors of concurrent.futures."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlsplit

from handouts.errors import ClusterError, check_installed

Item = TypeVar("Item", bound=Hashable)
Result = TypeVar("Result")
UNTOLD = "ignore::UserWarning:multiprocessing.resource_tracker"
"""What nobody is told: Python's tracker of semaphores, a process of its own, may find one gone after Ctrl-C, and would warn of it."""


def without_slow_imports() -> None:
    """Keep jsonschema, in a process of ours, from making a parser of addresses that no notebook needs: 1.3 seconds.

    jsonschema does without where rfc3987_syntax is not installed; nbformat checks no format of text.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


@contextmanager
def processes(count: int) -> Iterator[Executor]:
    """Give `count` processes. Where the work is stopped, by Ctrl-C or an error, they end at once."""
    # Spawned, not forked: a caller may have threads, and a progress bar does.
    context = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    if UNTOLD not in sys.warnoptions:
        sys.warnoptions.append(UNTOLD)
    with interrupts_held():  # in the middle of it a semaphore would be left behind
        own = ProcessPoolExecutor(count, mp_context=context, initializer=end_with_the_parent)
    with own as pool:
        if sys.version_info < (3, 12, 1):  # CPython gh-94777: one that broke waits for ever to write what nobody reads
            pool._call_queue.cancel_join_thread()  # type: ignore[attr-defined]
        try:
            with interrupts_held():
                for _ in range(count):  # starts them, with Ctrl-C held back until each can end without a traceback
                    pool.submit(int)
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()
            raise


class _WhenNeeded(Executor):
    """Begins to work when it is first given work."""

    def __init__(self, start: Callable[[], Executor]) -> None:
        self._start = start

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> "Future[Any]":
        return self._start().submit(function, *arguments, **named)


@contextmanager
def processes_when_needed(count: int) -> Iterator[Executor]:
    """Give `count` processes, which are started when there is work for them."""
    with ExitStack() as stack:
        yield _WhenNeeded(cache(lambda: stack.enter_context(processes(count))))


def do_all(
    executor: Executor, function: Callable[..., Result], calls: Mapping[Item, tuple[object, ...]]
) -> Iterator[tuple[Item, Result | None]]:
    """Call `function` with the arguments of each item, and yield the results as they are done.

    In place of a result stands None where the process that worked was ended: it takes its item with it, not the rest.
    """
    futures = {executor.submit(function, *arguments): item for item, arguments in calls.items()}
    for future in as_completed(futures):
        try:
            result = future.result()
        except Exception:
            result = None
        yield futures[future], result


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back for a moment, in processes that are started meanwhile too; Windows cannot."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_the_parent() -> None:
    """End this worker at once when it is interrupted, or when the work that started it is gone.

    Its kernels watch for their own parent, and end too.
    """
    without_slow_imports()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def is_open(address: str) -> bool:
    """Tell whether what goes to a Dask scheduler can be read on the way: no TLS, and another machine.

    >>> is_open("tcp://scheduler:8786"), is_open("tcp://127.0.0.1:8786"), is_open("tls://scheduler:8786")
    (True, False, False)
    """
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
    except ValueError:  # no address; `cluster` says so
        return False
    return parts.scheme != "tls" and parts.hostname not in ("127.0.0.1", "::1", "localhost")


@contextmanager
def cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """Give the executor of the Dask cluster at `address`, and how many tasks it runs at a time. Raises ClusterError."""
    check_installed("distributed", "dask", "--dask", ClusterError)
    from distributed import Client

    try:
        client = Client(address, timeout="10s")
    except TypeError:
        raise ClusterError(
            f"{address}: tls:// needs certificates, and none are set. Name them in DASK_DISTRIBUTED__COMM__TLS__CA_FILE and "
            "...__TLS__CLIENT__CERT and __KEY; the README says how to make them."
        ) from None
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"{address}: no Dask scheduler answers ({type(error).__name__}). Start it, or check the address."
        ) from None
    with client:
        size = sum(client.ncores().values())
        if not size:
            raise ClusterError(f"{address}: the scheduler has no workers. Start one: dask worker {address}")
        yield client.get_executor(pure=False), size
