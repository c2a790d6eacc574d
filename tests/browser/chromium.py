"""A Chromium for the tests: the system's, else one that is installed now, else a clear refusal."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
HELP = (
    "The browser tests need Chromium, and none could be found or installed. Install it "
    "(Debian: apt-get install chromium; elsewhere: python -m playwright install chromium), or "
    "name it: CHROMIUM=/path/to/chromium."
)


class NoChromium(RuntimeError):
    """No browser, and no way to get one."""


def system_chromium() -> str | None:
    """Path of an installed Chromium or Chrome."""
    named = os.environ.get("CHROMIUM")
    if named:
        if not shutil.which(named):
            raise NoChromium(f"CHROMIUM={named} is not a program that can be run.")
        return named
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or (str(MAC) if MAC.exists() else None)


def playwright_chromium() -> str | None:
    """Path of the Chromium that playwright installed, if it did."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def installers() -> list[list[str]]:
    """Commands that can bring a Chromium here, the most native first."""
    own = [sys.executable, "-m", "playwright", "install", "chromium"]
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root and shutil.which("apt-get"):
        return [["apt-get", "install", "--yes", "--no-install-recommends", "chromium"], own]
    return [own]


def chromium() -> str:
    """Path of a Chromium that can be started.

    Raises
    ------
    NoChromium
        If there is none and none can be installed.
    """
    if path := system_chromium() or playwright_chromium():
        return path
    for command in installers():
        print("Installing Chromium for the browser tests:", *command, file=sys.stderr)
        if command[0] == "apt-get":
            subprocess.run(["apt-get", "update"], check=False, capture_output=True)
        subprocess.run(command, check=False)
        if path := system_chromium() or playwright_chromium():
            return path
    raise NoChromium(HELP)


def arguments() -> list[str]:
    """Switches it needs here: Chromium refuses its sandbox to root."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return ["--no-sandbox"] if root else []
