"""Where a Chromium is that tests can drive. As a program it prints the path, and fails where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
    "microsoft-edge", "microsoft-edge-stable", "brave-browser",
)  # fmt: skip
MISSING = (
    "no Chromium on this machine: install it (Debian: apt install chromium; Ubuntu, whose own is a snap that sees no "
    "files of tests: .venv/bin/playwright install --with-deps chromium, or Google Chrome) to test pages in a browser"
)


def find() -> str | None:
    """Return the path of a browser of the Chromium family, or None."""
    own = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache" / "ms-playwright"))
    found = [*filter(None, map(shutil.which, NAMES)), *map(str, own.glob("chromium-*/chrome-linux*/chrome"))]
    return next((path for path in found if not _is_snap(Path(path)) and _starts(path)), None)


def _is_snap(path: Path) -> bool:
    """Tell whether the program is, or calls, a snap."""
    with path.open("rb") as file:
        return path.resolve().name == "snap" or b"/snap/bin" in file.read(4096)


def _starts(path: str) -> bool:
    return subprocess.run([path, "--version"], capture_output=True).returncode == 0


if __name__ == "__main__":
    path = find()
    sys.exit(MISSING if path is None else print(path))
