"""A JupyterHub of our own, with the department's configuration: its start, people, and end."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from lab import START, until
from proxy import proxy

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
DEPARTMENT = PROJECT / "assignments" / "hub" / "jupyterhub_config.py"
PASSWORD = "only for a test"
TEACHER, STUDENTS = "teacher", ("ada", "max", "zoe")
# All are one user of the system, whose name nbgrader would take for that of each.
SETTINGS = """\
import os

c = get_config()
c.Exchange.root = {exchange!r}
if os.environ["JUPYTERHUB_USER"] != {teacher!r}:
    c.CourseDirectory.student_id = os.environ["JUPYTERHUB_USER"]
c.ExchangeCollect.check_owner = False
"""
COURSE = "from pathlib import Path\n\nc = get_config()\n" + (
    'c.CourseDirectory.root = str(Path.home() / "course")\n'
)


@dataclass
class Hub:
    """A hub that runs."""

    folder: Path
    base: str
    people: dict[str, "Person"] = field(default_factory=dict)

    def home(self, name: str) -> Path:
        """Where a person's files are."""
        return self.folder / "homes" / name

    @property
    def course(self) -> Path:
        """The teacher's folder of the course."""
        return self.home(TEACHER) / "course"


@dataclass
class Person:
    """Somebody who is logged in, with a page of a browser."""

    name: str
    hub: Hub
    page: object
    outside: list[str]

    def url(self, path: str) -> str:
        """Address of a page of this person's server."""
        return f"{self.hub.base}/user/{self.name}{path}"

    def ask(self, path: str, method: str = "GET", **what: object) -> object:
        """What the person's server answers to a request of the browser's."""
        cookies = self.page.context.cookies()
        token = next(c["value"] for c in cookies if c["name"] == "_xsrf" and self.name in c["path"])
        headers = {"X-XSRFToken": token}
        answer = self.page.request.fetch(
            self.url(path), method=method, headers=headers, timeout=START * 1000, **what
        )
        assert answer.ok, f"{path}: {answer.status} {answer.text()}"
        return answer.json()


def free_ports(count: int) -> list[int]:
    """Return numbers of ports that nothing listens to."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _prepared(folder: Path) -> tuple[dict[str, str], str]:
    """Write the settings of a test; return the hub's environment and address."""
    for name in ("homes", "settings", "exchange"):
        (folder / name).mkdir(parents=True)
    (folder / "exchange").chmod(0o1777)  # as the guide makes it
    for name in (TEACHER, *STUDENTS):
        (folder / "homes" / name / ".jupyter").mkdir(parents=True)
    settings = SETTINGS.format(exchange=str(folder / "exchange"), teacher=TEACHER)
    (folder / "settings" / "nbgrader_config.py").write_text(settings, "utf-8")
    own = folder / "homes" / TEACHER / ".jupyter" / "nbgrader_config.py"
    own.write_text(COURSE, "utf-8")
    port, hub_port, proxy_port = free_ports(3)
    test = {
        "password": PASSWORD,
        "students": STUDENTS,
        "homes": str(folder / "homes"),
        "settings": str(folder / "settings"),
        "port": port,
        "hub_port": hub_port,
        "proxy_port": proxy_port,
        "proxy": proxy(),
    }
    variables = {
        "HUB_DEPARTMENT": str(DEPARTMENT),
        "HUB_TEST": json.dumps(test),
        "NETINIT_HUB_STATE": str(folder / "state"),
        "PYTHONPATH": str(PROJECT),
        "HOME": str(folder),
    }
    return os.environ | variables, f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Hub]:
    """A hub that keeps everything in a folder, until the end of the block; then nothing is left."""
    environment, base = _prepared(folder)
    command = [sys.executable, "-m", "jupyterhub", "-f", str(HERE / "hub_config.py")]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        until(lambda: _answers(process, base, folder), START, "the hub's start")
        yield Hub(folder, base)
    finally:
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        process.wait(START)
        _, left = psutil.wait_procs(family, 30)
        for each in left:
            each.kill()
        assert left == [], "the hub left processes behind"


def _answers(process: subprocess.Popen, base: str, folder: Path) -> bool:
    if process.poll() is not None:
        raise AssertionError(f"the hub does not start:\n{(folder / 'log').read_text()[-3000:]}")
    with urllib.request.urlopen(f"{base}/hub/health", timeout=START) as answer:
        return answer.status == 200


@contextlib.contextmanager
def people(hub: Hub, browser: object) -> Iterator[Callable[[str], Person]]:
    """Log people in; in the end none of their pages may have asked for anything elsewhere."""
    there: list[Person] = []

    def come(name: str, password: str = PASSWORD) -> Person:
        context = browser.new_context(viewport={"width": 1300, "height": 900})
        page, outside = context.new_page(), []
        page.set_default_timeout(START * 1000)

        def watch(route) -> None:
            inside = route.request.url.startswith((hub.base, "blob:", "data:"))
            if not inside:
                outside.append(route.request.url)
            route.continue_() if inside else route.abort()

        page.route("**/*", watch)
        page.goto(f"{hub.base}/hub/login?next=%2Fhub%2Fhome")
        page.locator("#username_input").fill(name)
        page.locator("#password_input").fill(password)
        page.locator("#login_submit").click()
        there.append(Person(name, hub, page, outside))
        return there[-1]

    yield come
    for person in there:
        person.page.context.close()
        assert person.outside == [], f"{person.name}'s page asked for something elsewhere"
