"""A page as a PDF that reads aloud well: tagged, PDF/UA-1, and the same bytes on every run."""

import base64
import contextlib
import io
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from handouts.errors import PageError, check_installed
from handouts.page.finish import RIGHT_TO_LEFT
from handouts.page.fonts import FAMILY
from handouts.page.shaping import name_glyphs, shape_pictures

T = TypeVar("T")
NEEDS = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
"""What WeasyPrint needs of Debian."""
FONTS = {f"font:{weight}": f"DejaVuSans{suffix}.ttf" for weight, suffix in (("400", ""), ("700", "-Bold"))}
"""The fonts for letters that a page does not carry: matplotlib brings them to every machine."""
WOFF = "data:font/woff2;base64,"
"""How a page carries its face."""
STYLE = (
    "".join(
        f"@font-face {{ font-family: Handout; font-weight: {address[5:]}; src: url({address}) }}" for address in FONTS
    )
    + f'@page {{ @bottom-left {{ font-family: "{FAMILY}", Handout !important }} @bottom-right {{ font-family: "{FAMILY}", Handout !important }} }}'
    + f'*, ::before, ::after, ::marker {{ font-family: "{FAMILY}", Handout !important }}'
)


MOST_TOLD = 20
"""How many letters that cannot be printed are told."""
MOST_SECONDS = 60
"""How long the PDF of one page may take: a hundred times what a long one takes."""
_one_at_a_time = threading.Lock()
"""Pango is not made for several threads."""


def check_can_print() -> None:
    """Raise PageError, in one line, where WeasyPrint, or a library that it needs, is missing."""
    for needed in ("weasyprint", "arabic_reshaper"):
        check_installed(needed, "pdf", "a PDF", PageError)
    silent = io.StringIO()
    try:
        with contextlib.redirect_stdout(silent), contextlib.redirect_stderr(silent):
            import weasyprint  # noqa: F401  # it tells of what is missing at length, and once a process
    except OSError:
        raise PageError(f"a PDF cannot be made: a library is missing. Debian: apt install {NEEDS}") from None


def make_pdf(html: str, paper: str) -> bytes:
    """Return the page `html` as a PDF/UA-1 on `paper`, A4 or Letter; equal pages give equal bytes.

    Raises PageError where WeasyPrint's libraries are missing, and for a page that asks for anything but itself.
    """
    return lay_out(
        html, paper, lambda document: bytes(document.write_pdf(finisher=name_glyphs, pdf_variant="pdf/ua-1"))
    )


def lay_out(html: str, paper: str, use: Callable[[Any], T]) -> T:
    """Return what `use` makes of the sheets of a page: of WeasyPrint's document, which lives as long as it. Raises PageError.

    One is raised too for letters that no font of a PDF has, as in a Chinese name: they would be printed as boxes.
    """
    check_can_print()
    if RIGHT_TO_LEFT.search(html):
        html = shape_pictures(html)
    if lost := "".join(sorted(letter for letter in set(html) - _letters() if letter.isalpha())):
        raise PageError(f"no font of a PDF has the letters {lost[:MOST_TOLD]}, and they would be printed as boxes. The page itself shows them: print it from a browser.")  # fmt: skip
    import matplotlib as mpl
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class Fetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
        """Gives the two fonts and what a page carries in itself, and nothing else."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            if url in FONTS:
                return URLFetcherResponse(url, Path(mpl.get_data_path(), "fonts", "ttf", FONTS[url]).read_bytes())
            if url.startswith(WOFF):
                return URLFetcherResponse(url, _as_truetype(url))
            if url.startswith("data:"):
                return super().fetch(url, headers)
            raise FatalURLFetchingError(url)

    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it warns of what is for screens only
    fonts = FontConfiguration()  # one for each page: it removes its files when it goes
    style = CSS(string=STYLE + f"@page {{ size: {paper.lower()} }}", font_config=fonts, url_fetcher=Fetcher())
    page = HTML(string=html, url_fetcher=Fetcher())
    try:
        with _one_at_a_time, _limited() as check:
            used = use(page.render(stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1"))
            check()  # WeasyPrint goes on without a drawing that was stopped
            return used
    except FatalURLFetchingError as error:
        raise PageError(
            f"a PDF holds all that it shows, and this page asks for {error}. Put it into the notebook."
        ) from None


@cache
def _letters() -> frozenset[str]:
    """Return the letters that the font for all that a page's own face lacks has."""
    import matplotlib as mpl
    from fontTools.ttLib import TTFont

    return frozenset(map(chr, TTFont(Path(mpl.get_data_path(), "fonts", "ttf", FONTS["font:400"])).getBestCmap()))


@cache
def _as_truetype(address: str) -> bytes:
    """Return the face that a page carries as a file that needs no unpacking: WeasyPrint's own way would write the time into it."""
    from fontTools.ttLib import TTFont

    font = TTFont(io.BytesIO(base64.b64decode(address.removeprefix(WOFF))), recalcTimestamp=False)
    font.flavor = None
    file = io.BytesIO()
    font.save(file)
    return file.getvalue()


@contextlib.contextmanager
def _limited() -> Iterator[Callable[[], None]]:
    """Raise PageError where the work takes longer than MOST_SECONDS, and give what raises it where that was taken no notice of.

    A thread other than the main one has no such clock.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield lambda: None
        return
    end = time.monotonic() + MOST_SECONDS

    def check() -> None:
        if time.monotonic() >= end:
            raise PageError(f"its PDF is not done after {MOST_SECONDS} seconds. Make its tables and pictures smaller.")

    def stop(number: int, frame: FrameType | None) -> None:
        check()

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS + 0.01, 1)
    try:
        yield check
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def try_pdf(html: str, paper: str) -> tuple[bytes, str | None]:
    """Return the PDF of a page, or b"" and what failed."""
    try:
        return make_pdf(html, paper), None
    except PageError as error:
        return b"", str(error)
    except Exception as error:
        return b"", f"{type(error).__name__}: {error}. This should not happen: please report it."
