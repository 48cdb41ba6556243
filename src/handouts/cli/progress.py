"""What long work shows: a bar on a terminal, lines elsewhere, and where its files are."""

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

SECONDS_BETWEEN_LINES = 5.0
"""How often progress is told where there is no terminal to draw a bar on."""


def steps(stack: ExitStack) -> Callable[[str, int, int], None]:
    """Return what to call with a step, how many are done, and of how many; it shows rate and time left."""
    if sys.stderr.isatty():
        from tqdm import tqdm

        bar = stack.enter_context(tqdm(leave=False, dynamic_ncols=True, unit_scale=True))

        def show(step: str, done: int, of: int) -> None:
            if bar.desc != f"{step}: ":
                bar.reset(of or None)
                bar.set_description(step)
            bar.update(done - bar.n)

        return show
    begun: dict[str, float] = {}
    told = time.monotonic()

    def tell(step: str, done: int, of: int) -> None:
        nonlocal told
        now = time.monotonic()
        since = begun.setdefault(step, now)
        if done != of and now - told < SECONDS_BETWEEN_LINES:
            return
        told = now
        rate = done / (now - since) if now > since else 0
        left = f", {rate:,.0f} a second, {(of - done) / rate:,.0f} s left" if rate and done < of else ""
        print(f"  {step}: {done:,}{f' of {of:,}' if of else ''}{left}", file=sys.stderr, flush=True)

    return tell


def pages_done(stack: ExitStack) -> tuple[Callable[[int], None], Callable[[object, str], None]]:
    """Return what to call with the number of pages, and for each page: a bar on a terminal, lines elsewhere."""
    if not sys.stderr.isatty():
        return (
            lambda pages: print(f"Building {pages} pages", file=sys.stderr, flush=True),
            lambda page, state: print(f"  {state}: {page}", file=sys.stderr, flush=True),
        )
    from tqdm import tqdm

    bar = stack.enter_context(tqdm(desc="Pages", unit="page", leave=False, dynamic_ncols=True))

    def start(pages: int) -> None:
        bar.total = pages
        bar.refresh()

    return start, lambda page, state: bar.update()


def shown(path: Path) -> str:
    """Return `path` from the working directory where it lies below it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
