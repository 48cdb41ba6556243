"""A page as a PDF that reads aloud well: tagged, PDF/UA-1, and the same bytes on every run."""

import logging
from pathlib import Path
from typing import Any

from handouts.errors import PageError

PAPERS = ("A4", "Letter")
"""What a clinic can print on."""
NEEDS = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
"""What WeasyPrint needs of Debian."""
FONTS = {f"font:{weight}": f"DejaVuSans{suffix}.ttf" for weight, suffix in (("400", ""), ("700", "-Bold"))}
"""The fonts that the diagrams are measured with: matplotlib brings them to every machine."""
STYLE = (
    "".join(
        f"@font-face {{ font-family: Handout; font-weight: {address[5:]}; src: url({address}) }}" for address in FONTS
    )
    + "@page { @bottom-left { font-family: Handout !important } @bottom-right { font-family: Handout !important } }"
    + "*, ::before, ::after, ::marker { font-family: Handout !important }"
)


def pdf(html: str, paper: str) -> bytes:
    """Return the page `html` as a PDF/UA-1 on `paper`, one of PAPERS; equal pages give equal bytes.

    Raises PageError where WeasyPrint's libraries are missing, and for a page that asks for anything but itself.
    """
    try:
        from weasyprint import CSS, HTML
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse
    except OSError:
        raise PageError(f"a PDF cannot be made: a library is missing. Debian: apt install {NEEDS}") from None
    import matplotlib as mpl

    class Fetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
        """Gives the two fonts and what a page carries in itself, and nothing else."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            if url in FONTS:
                return URLFetcherResponse(url, Path(mpl.get_data_path(), "fonts", "ttf", FONTS[url]).read_bytes())
            if url.startswith("data:"):
                return super().fetch(url, headers)
            raise FatalURLFetchingError(url)

    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it warns of what is for screens only
    fonts = FontConfiguration()  # one for each page: it removes its files when it goes
    style = CSS(string=STYLE + f"@page {{ size: {paper.lower()} }}", font_config=fonts, url_fetcher=Fetcher())
    # Text in a drawing takes no font from the page, and no style sheet reaches it: it names the font itself.
    page = HTML(string=html.replace("'DejaVu Sans'", "Handout"), url_fetcher=Fetcher())
    try:
        return bytes(page.write_pdf(stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1"))
    except FatalURLFetchingError as error:
        raise PageError(
            f"a PDF holds all that it shows, and this page asks for {error}. Put it into the notebook."
        ) from None


def attempt(html: str, paper: str) -> tuple[bytes, str | None]:
    """Return the PDF of a page, or b"" and what failed."""
    try:
        return pdf(html, paper), None
    except PageError as error:
        return b"", str(error)
    except Exception as error:
        return b"", f"{type(error).__name__}: {error}. This should not happen: please report it."
