"""JupyterHub's proxy for the tests: the system's, else one installed now, else a refusal."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAME = "configurable-http-proxy"
NPM = f"{NAME}@4.6.3"  # the last that runs with Node 18, as in Debian 12
OWN = Path(__file__).parents[2] / "_build" / "hub"
HELP = (
    f"The hub's tests need {NAME}, and it could not be found or installed. Install it "
    f"(Debian: apt-get install nodejs npm; then npm install --global {NPM})."
)


class NoProxy(RuntimeError):
    """No proxy, and no way to get one."""


def known() -> str | None:
    """Path of a proxy that is installed and runs: Debian's needs Debian's own Node."""
    own = OWN / "node_modules" / ".bin" / NAME
    found = [path for path in (str(own), shutil.which(NAME)) if path and Path(path).exists()]
    return next(filter(_runs, found), None)


def _runs(path: str) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True).returncode == 0
    except OSError:
        return False


def installers() -> list[list[str]]:
    """Commands that can bring one here, in their order: Node and npm for root, then the proxy."""
    found = []
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if not shutil.which("npm") and root and shutil.which("apt-get"):
        found += [["apt-get", "update"]]
        found += [["apt-get", "install", "--yes", "--no-install-recommends", "nodejs", "npm"]]
    if found or shutil.which("npm"):
        quiet = ("--no-audit", "--no-fund", "--no-update-notifier")
        found += [["npm", "install", "--prefix", str(OWN), *quiet, NPM]]
    return found


def proxy() -> str:
    """Path of a proxy that can be started.

    Raises
    ------
    NoProxy
        If there is none and none can be installed.
    """
    if path := known():
        return path
    OWN.mkdir(parents=True, exist_ok=True)
    for command in installers():
        print("Installing the hub's proxy for the tests:", *command, file=sys.stderr)
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except OSError as error:  # npm, if it could not be installed
            raise NoProxy(f"{HELP} ({error})") from None
        if done.returncode:
            print(done.stderr[-1000:], file=sys.stderr)
    if path := known():
        return path
    raise NoProxy(HELP)
