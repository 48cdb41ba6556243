"""Many pages at once: what was made before is taken, the rest is made by processes, or by a cluster."""

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

from handouts.collection import Collection
from handouts.errors import HandoutsError
from handouts.page.cache import forget_oldest, keep, read_alike, read_kept
from handouts.page.keys import key_of
from handouts.page.make import Made, try_page
from handouts.page.variant import Variant
from handouts.page.workers import do_all, processes


def make_pages(
    collection: Collection,
    wanted: Iterable[Variant],
    *,
    executor: Executor | None = None,
    workers: int | None = None,
    force: bool = False,
    known: Mapping[Variant, str] | None = None,
) -> Iterator[tuple[Variant, Made]]:
    """Yield each of the variants `wanted` with its page or what failed: first what is kept, then the rest as it is done.

    The work is done by `executor`, else by so many processes as `workers` says, or as there are cores; with `force` nothing
    that is kept is taken; `known` has keys that are known already. Pages are kept by the key of what they were made from:
    where `executor` works, or where somebody saves meanwhile, that may be something else than what `collection` holds, and
    `as_asked` tells so.
    """
    keys: dict[Variant, str] = {}
    for variant in wanted:
        try:
            key = known[variant] if known else key_of(collection, variant)
        except HandoutsError as error:
            yield variant, Made(failure=str(error))
            continue
        if not force and (page := read_kept(collection, key)):
            yield variant, Made(page, key, kept=True)
        elif not force and (alike := read_alike(collection, variant)):
            now, page = alike
            yield variant, Made(page, now, kept=True, as_asked=now == key)
        else:
            keys[variant] = key
    if not keys:
        return
    with nullcontext(executor) if executor else processes(min(workers or os.cpu_count() or 1, len(keys))) as pool:
        for variant, made in do_all(
            pool, partial(try_page, fresh=force), {variant: (collection, variant) for variant in keys}
        ):
            if made is None:
                failure = f"{variant}: the process that made it was ended. Run the same command again."
                yield variant, Made(failure=failure)
                continue
            if made.page:
                keep(collection, made.key, made.page, made.likeness)
            yield variant, replace(made, as_asked=made.key == keys[variant])
    forget_oldest(collection)
