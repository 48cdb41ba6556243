"""Take the README's picture: one page for two audiences, side by side. Needs Chromium and a build in exports/."""

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("athlete_original_normal", "older-adult_original_large")


def main() -> None:
    """Write docs/two-audiences.png."""
    frames = "".join(
        f'<iframe src="{(ROOT / "exports" / "your-dry-needling-session" / page).as_uri()}.html"></iframe>'
        for page in PAGES
    )
    style = "body{margin:24px;display:flex;gap:24px;background:#d8dce2}iframe{border:0;flex:1;height:1150px;background:#fff}"
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--allow-file-access-from-files"]
        )
        page = browser.new_page(viewport={"width": 1640, "height": 1200})
        (ROOT / "exports" / "picture.html").write_text(f"<!DOCTYPE html><style>{style}</style>{frames}")
        page.goto((ROOT / "exports" / "picture.html").as_uri(), wait_until="networkidle")
        page.screenshot(path=ROOT / "docs" / "two-audiences.png")
        (ROOT / "exports" / "picture.html").unlink()
        browser.close()


if __name__ == "__main__":
    main()
