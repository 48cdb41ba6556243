"""Take the README's picture from the pages as they are: one topic for two audiences, side by side. Needs Chromium.

    python scripts/pictures.py

writes docs/two-audiences.png, and into it the versions of the pages that it shows, by which a test knows when it is old.
"""

import io
import json
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import sync_playwright

from handouts.collection import Collection
from handouts.page import Page, Variant, make_page

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "two-audiences.png"
TOPIC = "your-dry-needling-session"
READERS = (
    {"audience": "athlete", "level": "plain", "size": "normal"},
    {"audience": "older-adult", "level": "plain", "size": "large"},
)
STYLE = (
    "body{margin:24px;display:flex;gap:24px;background:#d8dce2}iframe{border:0;flex:1;height:1150px;background:#fff}"
)


def pages() -> dict[str, Page]:
    """Return the pages that the picture shows, by their place in a build."""
    collection = Collection(ROOT)
    variants = [Variant(TOPIC, values) for values in READERS]
    return {variant.path: make_page(collection, variant) for variant in variants}


def versions(shown: dict[str, Page]) -> dict[str, str]:
    """Return the version of each page."""
    return {path: page.version for path, page in shown.items()}


def main() -> None:
    """Write the picture."""
    shown = pages()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        for count, one in enumerate(shown.values()):
            Path(folder, f"{count}.html").write_text(one.html, encoding="utf-8")
        frames = "".join(f'<iframe src="{count}.html"></iframe>' for count in range(len(shown)))
        frame = Path(folder, "picture.html")
        frame.write_text(f"<!DOCTYPE html><style>{STYLE}</style>{frames}", encoding="utf-8")
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--allow-file-access-from-files"]
        )
        page = browser.new_page(viewport={"width": 1640, "height": 1200})
        page.goto(frame.as_uri(), wait_until="networkidle")
        taken = page.screenshot()
        browser.close()
    told = PngInfo()
    told.add_text("pages", json.dumps(versions(shown)))
    Image.open(io.BytesIO(taken)).quantize(128).save(PICTURE, pnginfo=told, optimize=True)


if __name__ == "__main__":
    main()
