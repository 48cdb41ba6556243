"""A QR code as a drawing that stands in a page: it leads to the page's address on the clinic's web site."""


def qr(address: str, title: str) -> str:
    """Return the QR code of `address` as an SVG with the text alternative `title`; the style sheet sizes it.

    Error correction M stands 15 % of it being smudged. The same address gives the same bytes.
    """
    import segno

    code = segno.make_qr(address, error="m", boost_error=False)
    drawn = code.svg_inline(title=title, omitsize=True, svgclass=None, lineclass=None)
    return str(drawn).replace("<svg", '<svg role="img"', 1)
