"""Markdown as mistune's tokens, and the words in them."""

import re
from functools import lru_cache
from typing import Any

import mistune

from handouts.page.marks import BLOCKS, with_whole_addresses

_read_markdown = mistune.create_markdown(renderer=None, plugins=["table", "strikethrough"])


@lru_cache(maxsize=1024)
def parse_markdown(source: str) -> tuple[dict[str, Any], ...]:
    """Return the blocks of a Markdown text as mistune's tokens. One text is parsed once: nobody may change them."""
    tokens = _read_markdown(with_whole_addresses(source))
    assert isinstance(tokens, list)
    return tuple(tokens)


def plain_text(token: dict[str, Any]) -> str:
    """Return the words of a Markdown token without their marks; a picture is no words."""
    if token["type"] == "image":
        return ""
    if token["type"] in ("inline_html", "block_html"):
        html = re.sub(r"<!--.*?-->", "", token["raw"], flags=re.S) if "-->" in token["raw"] else token["raw"]
        return re.sub(r"<[^<>]*>", lambda tag: "\n" if BLOCKS.match(tag[0]) else "", html)
    if "children" in token:
        return "".join(map(plain_text, token["children"]))
    return str(token.get("raw", " "))
