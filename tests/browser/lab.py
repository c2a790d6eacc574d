"""A JupyterLab of our own: its start, what its server says, and pages that ask nobody else."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

TOKEN = "lab"
START = 180  # seconds, after which JupyterLab or a kernel is taken to hang


def environment(folder: Path) -> dict[str, str]:
    """Variables that keep the reader's own JupyterLab settings out, and ours in."""
    private = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    own = {name: str(folder / name.lower()) for name in private}
    for path in own.values():
        Path(path).mkdir()
    return {**os.environ, **own, "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces")}


def command(folder: Path, port: int) -> list[str]:
    """Start JupyterLab on ``folder/work``."""
    options = {
        "--ip": "127.0.0.1",
        "--port": port,
        "--ServerApp.port_retries": 0,
        "--IdentityProvider.token": TOKEN,
        "--ServerApp.root_dir": folder / "work",
        "--LabApp.app_settings_dir": folder / "settings",
        "--LabApp.extension_manager": "readonly",
        "--LabApp.expose_app_in_browser": True,
        "--LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }
    flags = ["--no-browser", *(["--allow-root"] if getattr(os, "getuid", int)() == 0 else [])]
    given = [f"{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "jupyterlab", *flags, *given]


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """Address of a JupyterLab that works in ``folder/work``, until the end of the block."""
    (folder / "work").mkdir()
    (folder / "settings").mkdir()
    quiet = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
    overrides = {"@jupyterlab/apputils-extension:notification": quiet}
    (folder / "settings" / "overrides.json").write_text(json.dumps(overrides), "utf8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            command(folder, port), env=environment(folder), stdout=log, stderr=subprocess.STDOUT
        )
    base = f"http://127.0.0.1:{port}"
    try:
        until(lambda: ask(base, "/api/status"), START, "JupyterLab's start")
        yield base
    finally:
        server.terminate()
        server.wait(START)


def ask(base: str, path: str, method: str = "GET") -> object:
    """What the server answers."""
    request = urllib.request.Request(f"{base}{path}?token={TOKEN}", method=method)
    with urllib.request.urlopen(request, timeout=START) as answer:
        return json.loads(answer.read() or "null")


def until(
    condition: Callable[[], object],
    seconds: float,
    what: str,
    pause: Callable[[], object] = lambda: time.sleep(0.1),
) -> object:
    """Result of ``condition`` once it holds; ``pause`` must let an open page go on loading."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if found := condition():
                return found
        except OSError:
            pass
        pause()
    raise AssertionError(f"{what} took more than {seconds} s")


@contextlib.contextmanager
def page_of(browser: object, base: str, path: str, **viewport: int) -> Iterator[object]:
    """A page of this JupyterLab, which in the end must have asked for nothing elsewhere."""
    context = browser.new_context(viewport=viewport)
    page, outside = context.new_page(), []

    def watch(route) -> None:
        inside = route.request.url.startswith((base, "blob:", "data:"))
        if not inside:
            outside.append(route.request.url)
        route.continue_() if inside else route.abort()

    page.route("**/*", watch)
    page.goto(f"{base}/lab{path}?token={TOKEN}&reset")
    yield page
    context.close()
    assert outside == []
