"""Markdown as text: its blocks, and their sentences with the sources that follow them."""

import re
from collections.abc import Iterator, Sequence

from handouts.collection.sentences import ends
from handouts.page.citations import CITE
from handouts.page.markdown import parse_markdown, plain_text


def sentences(source: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the sentences of a Markdown text, each with the ids of the sources that follow it."""
    for block in texts_in(parse_markdown(source)):
        yield from split_block(block)


def split_block(block: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the sentences of `block`; a citation belongs to the one that it stands in or follows."""
    pieces = re.split(rf"\s*\(?({CITE})\)?", " ".join(block.split()))
    text, cites = "", []
    for words, cite in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        text += words
        cites.append((len(text.rstrip()), re.findall(r"@([\w-]+)", cite)))
    start = 0
    for end in ends(text):
        if words := text[start:end].strip():
            yield words, [name for at, names in cites for name in names if start < at <= end or at == start == 0]
        start = end


def texts_in(tokens: Sequence[dict[str, object]]) -> Iterator[str]:
    """Yield the text of each paragraph, heading, bullet and table cell among Markdown tokens."""
    for token, _ in kinds_of(tokens, ""):
        yield plain_text(token)


def kinds_of(tokens: Sequence[dict[str, object]], inside: str) -> Iterator[tuple[dict[str, object], str]]:
    """Yield each block of text, and "heading", "steps" for an item of a numbered list, or ""."""
    for token in tokens:
        children = token.get("children")
        if token["type"] in ("paragraph", "heading", "block_text", "table_cell", "block_html", "block_code"):
            yield token, "heading" if token["type"] == "heading" else inside
        elif isinstance(children, list):
            attributes = token.get("attrs")
            ordered = isinstance(attributes, dict) and attributes.get("ordered")
            yield from kinds_of(children, "steps" if ordered else inside)
