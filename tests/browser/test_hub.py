"""The course on a real JupyterHub, from the release to the feedback, in Chromium."""

import csv
import os
import stat
import subprocess
import sys
from urllib.parse import quote

import nbformat
import pytest
from hub import PROJECT, START, STUDENTS, TEACHER, people, running
from lab import until
from proxy import NoProxy, proxy

from assignments.problem_sets.cells import grade_id
from tests.assignments import mini
from tests.assignments.hostile import by_name

pytestmark = [pytest.mark.lab, pytest.mark.skipif(os.name == "nt", reason="a hub runs on Unix")]

WRONG = "def double(x):\n    return 0"
RIGHT = {
    "double": "def double(x):\n    return 2 * x",
    "add_up": "def add_up(x):\n    return sum(x)",
}


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    pytest.importorskip("jupyterhub", reason="install it: pip install 'netinit[hub]'")
    try:
        proxy()
    except NoProxy as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    with running(tmp_path_factory.mktemp("a hub") / "of a course") as started:
        mini.write(started.course / "source")
        (started.folder / "roster.csv").write_text(
            "id,name\n" + "".join(f"{name},Name of {name}\n" for name in STUDENTS)
        )
        yield started


@pytest.fixture(scope="module")
def come(hub, browser):
    with people(hub, browser) as come:
        yield come


def arrive(person):
    """Start the person's server by the button of the hub's page; JupyterLab opens."""
    person.page.locator("#start").click()
    person.page.wait_for_url(f"**/user/{person.name}/lab**")
    return person


def arrive_at(person, path):
    """Start the person's server and open a page that is lighter than JupyterLab."""
    there = quote(f"/user/{person.name}/{path}", safe="")
    person.page.goto(f"{person.hub.base}/hub/spawn/{person.name}?next={there}")
    person.page.wait_for_url(f"**/user/{person.name}/{path}")
    return person


def press(page, column):
    """Press a symbol of the assignment's row in the formgrader, and close what it says."""
    page.locator(f"td.{column} a").click()
    said = page.locator(".modal.in, .modal.show")
    said.wait_for()
    title = said.locator(".modal-title").inner_text()
    assert title == "Success", said.inner_text()
    page.reload()


def test_a_stranger_and_a_wrong_password_are_refused(hub, come):
    for name, password in [("eve", "only for a test"), ("ada", "guess")]:
        person = come(name, password)
        person.page.get_by_text("Invalid username or password").wait_for()


def test_a_course_from_release_to_feedback(hub, come):
    page = arrive_at(come(TEACHER), "formgrader/manage_assignments").page
    press(page, "assign")
    press(page, "release")
    exchange = hub.folder / "exchange"
    assert (exchange / "init101" / "outbound" / "ps1" / "ps1.ipynb").is_file()
    assert stat.S_IMODE(exchange.stat().st_mode) == 0o1777, "nbgrader changed the rights"

    ada = arrive(come("ada"))
    assignments(ada).get_by_role("button", name="Fetch", exact=True).click()
    listed = ada.page.locator("#fetched_assignments_list")
    listed.get_by_role("button", name="Submit", exact=True).wait_for()
    solve_in_the_page(ada)
    ada.page.goto(ada.url("/lab?reset"))
    assignments(ada)
    listed.get_by_role("button", name="Submit", exact=True).click()
    ada.page.get_by_role("button", name="Fetch Feedback").wait_for()
    for name in STUDENTS[1:]:  # the same by their servers alone
        (hub.home(name) / "here.txt").write_text("here")
        fetch_solve_submit(arrive_at(come(name), "files/here.txt"), wrong=name == "zoe")
    # A student's server has none of the teacher's pages.
    assert ada.page.request.get(ada.url("/formgrader/manage_assignments")).status == 404

    page.reload()
    press(page, "collect")
    grade(hub)
    with (hub.folder / "grades" / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert {name: rows[name]["total"] for name in STUDENTS} == {"ada": "6", "max": "6", "zoe": "2"}
    assert {row["status"] for row in rows.values()} == {"graded"}, rows

    give_back(hub, page)
    ada.page.get_by_role("button", name="Fetch Feedback").click()
    (returned,) = until(
        lambda: list(hub.home("ada").glob("ps1/feedback/*/ps1.html")),
        START,
        "the feedback",
        lambda: ada.page.wait_for_timeout(100),
    )
    assert returned.read_bytes() == (hub.folder / "grades" / "feedback" / "ada.html").read_bytes()


def assignments(person):
    """Open nbgrader's list of assignments in JupyterLab; return the released ones."""
    page = person.page
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_text("Assignment List", exact=True).click()
    page.locator("#released_assignments_list").wait_for()
    return page.locator("#released_assignments_list")


def solve_in_the_page(person):
    """Write both answers into their cells, run everything and save, by keys."""
    page = person.page
    page.goto(person.url("/lab/tree/ps1/ps1.ipynb?reset"))
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    for name, source in RIGHT.items():
        cell = page.locator(".jp-CodeCell", has_text=f"def {name}(").first
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(source)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    page.keyboard.press("Control+S")
    path = person.hub.home(person.name) / "ps1" / "ps1.ipynb"
    until(
        lambda: "return 2 * x" in path.read_text("utf-8"),
        START,
        "saving",
        lambda: page.wait_for_timeout(100),
    )


def fetch_solve_submit(person, *, wrong):
    """What the list of assignments does, by the same requests."""
    what = {"course_id": "init101", "assignment_id": "ps1"}
    person.ask("/assignments/fetch", "POST", data=what)
    path = person.hub.home(person.name) / "ps1" / "ps1.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for name, source in RIGHT.items():
        by_name(notebook, name).source = WRONG if wrong and name == "double" else source
    assert {grade_id(cell) for cell in notebook.cells} >= set(RIGHT)
    model = {"type": "notebook", "format": "json", "content": notebook}
    person.ask("/api/contents/ps1/ps1.ipynb", "PUT", data=model)
    person.ask("/assignments/submit", "POST", data=what)


def command(hub, *arguments):
    run = [sys.executable, "-m", "assignments", *arguments, "--roster", f"{hub.folder}/roster.csv"]
    run += ["--out", f"{hub.folder}/grades"]
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    done = subprocess.run(run, cwd=PROJECT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def grade(hub):
    submitted = str(hub.course / "submitted")
    by_set = r"(?P<student>[^/]+)/ps1/(?P<file>.+)"
    source = str(hub.course / "source")
    command(hub, "grade", "ps1", submitted, "--pattern", by_set, "--source", source)


def give_back(hub, page):
    assert "Pages to return: 3." in command(hub, "return", "ps1", str(hub.course))
    page.reload()
    press(page, "release-feedback")
