"""Begin a collection: a small one that is whole, from what lies in starter/, and one made of an article.

An article is split at its headings into topics. No sentence of it is lost: each stands in its topic's notebook, at the
level that has the article's own words.
"""

import io
import re
import shutil
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import nbformat

from handouts import files
from handouts.collection import layouts, notebook
from handouts.collection.change_topics import STARTER, levels_of, name_of, new_topic
from handouts.collection.csvfile import Layout, write_table
from handouts.collection.edit_tables import add_rows, read_rows
from handouts.collection.folder import MARK, Collection, open_collection
from handouts.collection.safety import record
from handouts.collection.sentences import split
from handouts.errors import DataError, check_installed

BULLET = "•"
FIRST = "your-questions"
"""The topic that a collection begins with."""


@dataclass
class Part:
    """A section of an article: its heading, and its lines, each a paragraph or a bullet."""

    heading: str
    lines: list[str] = field(default_factory=list)


def begin(folder: Path, article: Path | None, today: date) -> tuple[Collection, list[str]]:
    """Make a collection in `folder`, of `article` where there is one, and return it with what is to be told of it.

    Raises DataError where something is in the way, or the article cannot be read; then nothing is written.
    """
    if folder.exists() and (not folder.is_dir() or any(not one.name.startswith(".") for one in folder.iterdir())):
        what = "is a collection already" if (folder / MARK).is_file() else "is not empty"
        raise DataError(f"{folder}: {what}. Name a new folder, or an empty one.")
    parts, told = read_parts_of(article) if article else ([], [])
    made = [part for part in parts if part.lines]
    names = [name_of(part.heading) for part in made]
    if twice := [name for name in names if names.count(name) > 1 or not re.fullmatch(r"[a-z][a-z0-9-]*", name)]:
        raise DataError(
            f"{article}: {twice[0]!r} cannot name one topic. Give each heading words of its own, with a letter first."
        )
    shutil.copytree(STARTER / "collection", folder, dirs_exist_ok=True)
    (folder / "notebooks").mkdir(exist_ok=True)
    collection = open_collection(folder)
    record(collection.data, collection.safety, [], "", today)
    if not article:
        new_topic(
            open_collection(folder),
            FIRST,
            "What should I ask at my visit?",
            today,
            kind="first",
            safety=layouts.ANY_TOPIC,
        )
        return open_collection(folder), []
    _write_article(collection, parts, dict(zip([part.heading for part in made], names, strict=True)))
    for part, name in zip(made, names, strict=True):
        new_topic(
            open_collection(folder), name, part.heading, today, kind="condition", safety=layouts.ANY_TOPIC, only=()
        )
        _add_sentences(open_collection(folder), name, part)
    return open_collection(folder), told


def _write_article(collection: Collection, parts: list[Part], topics: dict[str, str]) -> None:
    """Write the article, which topic each section belongs to, and the level that has its own words."""
    lines = [line for part in parts for line in (part.heading, *part.lines)]
    if len(set(lines)) < len(lines):
        headings = [part.heading for part in parts]
        if twice := [one for one in headings if lines.count(one) > 1]:
            raise DataError(
                f"the article has the line {twice[0]!r} more than once, and it is a heading. Make them different."
            )
    files.write(collection.data / "article.txt", ("\n\n".join(lines) + "\n").encode(), durable=True)
    _write(collection, layouts.ARTICLE_SECTIONS, list(topics.items()))
    if left := [(part.heading, "A heading that has no text of its own.") for part in parts if not part.lines]:
        _write(collection, layouts.ARTICLE_LEFT_OUT, left)
    add_rows(collection.data / "levels.csv", read_rows(STARTER / "article" / "levels.csv")[1])


def _write(collection: Collection, layout: Layout, rows: list[tuple[str, str]]) -> None:
    table = write_table(list(layout.columns), [dict(zip(layout.columns, row, strict=True)) for row in rows])
    files.write(collection.data / layout.file, table.encode(), durable=True)


def _add_sentences(collection: Collection, topic: str, part: Part) -> None:
    """Put the article's sentences into a new notebook, for the level that has them; what is there is for the plain one."""
    path = collection.notebook(topic)
    nb = notebook.read(path)
    own_words = levels_of(collection, article=True)
    for cell in nb.cells:
        if cell.cell_type == "markdown" and cell.id != "title":
            cell.metadata["tags"] = [*levels_of(collection, article=False), *notebook.tags(cell)]
    first, *rest = split(part.lines[0].removeprefix(BULLET))
    lines = ([" ".join(rest)] if rest else []) + part.lines[1:]
    text = "\n\n".join(f"- {line.removeprefix(BULLET).strip()}" if line.startswith(BULLET) else line for line in lines)
    text = re.sub(r"(?m)^(- .*)\n\n(?=- )", r"\1\n", text)
    own = [
        nbformat.v4.new_markdown_cell(
            _plain(first), id="article-first", metadata={"tags": [*own_words, "part:main-message"]}
        )
    ]
    if text:
        own.append(nbformat.v4.new_markdown_cell(_plain(text), id="article", metadata={"tags": own_words}))
    at = 1 + max(count for count, cell in enumerate(nb.cells) if cell.cell_type == "code")
    nb.cells[at:at] = own
    notebook.write(notebook.normalised(nb), path)


def _plain(text: str) -> str:
    """Return `text` as Markdown that shows it as it stands."""
    return re.sub(r"([\\`*_{}\[\]<>#|~$])", r"\\\1", text)


def read_parts_of(article: Path) -> tuple[list[Part], list[str]]:
    """Return the sections of an article, and what of it could not be kept. Raises DataError."""
    kind = article.suffix.lower()
    if kind not in (".txt", ".md", ".docx"):
        raise DataError(f"{article}: an article is a file that ends in .txt, .md or .docx. Save it as one of these.")
    try:
        stored = article.read_bytes()
        lines, told = (
            _lines_of_docx(stored, article) if kind == ".docx" else (stored.decode("utf-8-sig").splitlines(), [])
        )
    except OSError as error:
        raise DataError(f"{article}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError:
        raise DataError(f"{article}: is no text in UTF-8. Save it again as UTF-8.") from None
    parts: list[Part] = []
    marked = kind != ".txt" and any(re.match(r"#+ ", line) for line in lines)
    for line in _joined(lines) if kind == ".md" else (" ".join(line.split()) for line in lines):
        if not line:
            continue
        if not parts or (re.match(r"#+ ", line) if marked else _is_heading(line)):
            parts.append(Part(line.lstrip("# ")))
        else:
            parts[-1].lines.append(re.sub(r"^[-*•] +", f"{BULLET} ", line))
    if not any(part.lines for part in parts):
        raise DataError(f"{article}: has no text below a heading. Its first line is the title.")
    return parts, told


def _is_heading(line: str) -> bool:
    """Tell whether a line of plain text is a heading: short, and ended by no mark but a question's."""
    return len(line.split()) <= 10 and bool(re.search(r"[\w?]$", line)) and not re.match(r"[-*•|\d]", line)


def _joined(lines: list[str]) -> list[str]:
    """Return the paragraphs of Markdown, each as a line, without its marks for bold and links."""
    whole: list[str] = [""]
    for line in (" ".join(line.split()) for line in lines):
        if not line or re.match(r"#+ |[-*•] |\d+[.)] ", line):
            whole.append("")
        whole[-1] = f"{whole[-1]} {line}".strip()
        if re.match(r"#+ ", line):
            whole.append("")
    return [
        re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", re.sub(r"(\*{1,2}|_{1,2})(?=\S)(.+?)(?<=\S)\1(?!\w)", r"\2", line))
        for line in whole
    ]


def _lines_of_docx(stored: bytes, article: Path) -> tuple[list[str], list[str]]:
    check_installed("mammoth", "docx", "--from FILE.docx", DataError)
    import mammoth
    from bs4 import BeautifulSoup

    try:
        soup = BeautifulSoup(mammoth.convert_to_html(io.BytesIO(stored)).value, "html.parser")
    except Exception as error:  # of zipfile, of XML, of mammoth itself: the file is somebody's
        raise DataError(f"{article}: is no Word document ({type(error).__name__}). Save it again as .docx.") from None
    lines = []
    for block in soup.find_all(["h1", "h2", "h3", "h4", "h5", "h6", "p", "li"]):
        words = " ".join(block.get_text(" ").split())
        if words and not (block.name == "p" and block.find_parent("li")):
            lines.append(f"# {words}" if block.name.startswith("h") else f"- {words}" if block.name == "li" else words)
    pictures = len(soup.find_all("img"))
    return lines, [
        f"{pictures} pictures of it were left out: put them into data/pictures/ and data/pictures.csv."
    ] if pictures else []
