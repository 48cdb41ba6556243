"""What was found of a page, kept by the key of what the page is made from: what did not change is not judged again."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from handouts.collection import Collection
from handouts.page.cache import JUDGED, keep_file, read_kept_file


def keep_judged(collection: Collection, key: str, what: str, judge: Callable[[], Any]) -> Any:
    """Return what `judge` says, as JSON has it, or said before of `what` of the page that is made from `key`.

    A page without a key, one that is not as on disk, is judged each time.
    """
    if not key:
        return judge()
    name = f"{JUDGED}/{hashlib.sha256(f'{key} {what}'.encode()).hexdigest()}.json"
    try:
        return json.loads(read_kept_file(collection, name) or b"")
    except ValueError:  # never judged, or damaged
        judged = judge()
        keep_file(collection, name, json.dumps(judged, ensure_ascii=False).encode())
        return judged
