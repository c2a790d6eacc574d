"""The page for marking, served to this machine alone.

It listens on 127.0.0.1. Its address holds a secret that is new each time; a request without it, for
another host, or from another site's page is refused. What it sends may load nothing from elsewhere
and run no script but its own.
"""

import asyncio
import contextlib
import hmac
import json
import secrets
import webbrowser
from pathlib import Path
from types import TracebackType

import jinja2
from tornado import httpserver, netutil, web

from assignments.grading.class_file import ClassFileError
from assignments.marking.answers import AnswerPage
from assignments.marking.desk import Desk, UnknownError
from assignments.marking.mathjax import FILES as MATHJAX
from assignments.marking.mathjax import mathjax_source
from assignments.marks.csv_files import WrittenError
from assignments.marks.given import RequestsError
from assignments.marks.rows import change, number
from assignments.marks.store import Entry, NewerError, Store, StoreError

PAGE = Path(__file__).parent / "page"
STATIC = Path(__file__).parent / "static"
MOST_BYTES = 1_000_000  # of a request
OURS = ("mark.css", "mark.js", "math.js")
KINDS = {".css": "text/css", ".js": "text/javascript", ".woff": "font/woff"}
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # MathJax writes its style sheet into the page
        "font-src 'self'",
        "img-src data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
TOLD = (UnknownError, ClassFileError, StoreError, RequestsError, WrittenError)  # in the page
_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(PAGE),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters |= {"number": number, "change": change}


class RequestError(ValueError):
    """What the page sent cannot be used."""


def application(desk: Desk, token: str, port: int) -> web.Application:
    """The program behind the page; `token` is the first part of every address."""
    known = {"desk": desk, "token": token, "port": port}
    name = r"([\w-]+)"
    return web.Application(
        [
            (r"/([^/]+)/", _Index, known),
            (r"/([^/]+)/students", _Students, known),
            (rf"/([^/]+)/answer/{name}/{name}", _Answer, known),
            (rf"/([^/]+)/name/{name}/{name}", _Name, known),
            (r"/([^/]+)/(save|regrade|extra|undo|write)", _Action, known),
            (r"/([^/]+)/static/([\w.-]+)", _Static, known),
            (r"/([^/]+)/mathjax/([\w./-]+)", _MathJax, known),
        ],
        default_handler_class=_Nothing,
        default_handler_args=known,
        log_function=lambda handler: None,  # the addresses hold the secret
    )


def serve(desk: Desk, port: int = 0, open_browser: bool = True) -> None:
    """Serve the page until interrupted; say where it is, and open it in a browser."""
    asyncio.run(_serve(desk, port, open_browser))


async def _serve(desk: Desk, port: int, open_browser: bool) -> None:
    token = secrets.token_urlsafe(24)
    (socket,) = netutil.bind_sockets(port, "127.0.0.1")
    port = socket.getsockname()[1]
    server = httpserver.HTTPServer(application(desk, token, port), max_body_size=MOST_BYTES)
    server.add_socket(socket)
    address = f"http://127.0.0.1:{port}/{token}/"
    print(f"Marking {desk.problem_set.name} as {desk.who}: {address}")
    print(
        "The address is for you alone. Press Ctrl-C here to stop and write the marks.", flush=True
    )
    if open_browser:
        with contextlib.suppress(webbrowser.Error):  # then the address above is enough
            webbrowser.open(address)
    try:
        await asyncio.Event().wait()
    finally:
        server.stop()
        await server.close_all_connections()


class _Handler(web.RequestHandler):
    """What all answers have in common: who may ask, and what a browser may do with them."""

    def initialize(self, desk: Desk, token: str, port: int) -> None:
        self.desk, self.token, self.port = desk, token, port

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        """Refuse whoever does not come from this page on this machine."""
        hosts = {f"127.0.0.1:{self.port}", f"localhost:{self.port}"}
        host = self.request.headers.get("Host", "")
        origin = self.request.headers.get("Origin")
        site = self.request.headers.get("Sec-Fetch-Site", "none")
        mine = self.request.path.split("/")[1]
        if host not in hosts or (origin is not None and origin != f"http://{host}"):
            raise web.HTTPError(403)
        if not hmac.compare_digest(mine.encode(), self.token.encode()):
            raise web.HTTPError(403)
        if site not in ("same-origin", "none") and self.request.method != "GET":
            raise web.HTTPError(403)

    def log_exception(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave out of the terminal what the page itself says."""
        if not isinstance(error, TOLD):
            super().log_exception(kind, error, trace)

    def write_error(self, status_code: int, **words: object) -> None:
        """Say in the page what the teacher can mend, such as a line of written.csv."""
        error = words.get("exc_info", (None, None))[1]
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        if isinstance(error, UnknownError):
            self.set_status(404)
        self.finish(str(error) if isinstance(error, TOLD) else f"Refused: {self._reason}")

    def show(self, template: str, **words: object) -> None:
        """Write a page."""
        home = f"/{self.token}/"
        title = self.desk.problem_set.title()
        page = _ENVIRONMENT.get_template(template)
        self.write(page.render(home=home, title=title, **words))


class _Nothing(_Handler):
    def get(self, *parts: str) -> None:
        raise web.HTTPError(404)

    post = head = put = delete = patch = options = get


class _Index(_Handler):
    def get(self, token: str) -> None:
        desk, state = self.desk, self.desk.state()
        tasks, start = [], None
        for task in desk.tasks.values():
            waiting, codes = desk.to_mark(state, task.name), desk.order(task.name)
            if waiting and start is None:
                start = task.name, waiting[0]
            rows = {code: state.rows[desk.student(task.name, code)] for code in codes}
            points = {code: number(row.points[task.name]) or "–" for code, row in rows.items()}
            tasks.append((task, codes, len(waiting), points))
        requests = [
            (desk.tasks[each.task], desk.code(each.task, student), each)
            for student, asked in state.given.requests.items()
            for each in asked
            if desk.code(each.task, student)
        ]
        store, who = desk.store.path, desk.who
        words = {"tasks": tasks, "start": start, "requests": requests, "who": who}
        self.show("index.html", **words, store=store, problems=state.problems)


class _Students(_Handler):
    def get(self, token: str) -> None:
        state = self.desk.state()
        rows = [(row, Store.last(state.entries, id_, "")) for id_, row in state.rows.items()]
        self.show("students.html", rows=rows)


class _Answer(_Handler):
    def get(self, token: str, task: str, code: str) -> None:
        self.show("answer.html", **vars(AnswerPage(self.desk, task, code)))


class _Name(_Handler):
    def get(self, token: str, task: str, code: str) -> None:
        row = self.desk.state().rows[self.desk.student(task, code)]
        told = [f"{row.result.student.name} ({row.result.student.id})", *row.result.doubts]
        self.write({"name": "; ".join([*told, *row.result.notes])})


class _Action(_Handler):
    def post(self, token: str, action: str) -> None:
        try:
            self.write(getattr(self, f"_{action}")(self._sent()))
        except NewerError as newer:
            self.set_status(409)
            self.write({"newer": newer.number, "message": self._newer(newer.entry)})
        except (RequestError, StoreError, UnknownError) as error:
            self.set_status(400)
            self.write({"error": str(error)})
        except (ValueError, OSError) as error:  # such as a written.csv that cannot be read
            self.set_status(500)
            self.write({"error": str(error)})

    def _sent(self) -> dict:
        kind = self.request.headers.get("Content-Type", "").split(";")[0]
        if kind != "application/json":  # what a form of another site could send
            raise RequestError("only the page itself can do this")
        try:
            sent = json.loads(self.request.body)
        except (ValueError, RecursionError):
            raise RequestError("what the page sent cannot be read") from None
        if not isinstance(sent, dict):
            raise RequestError("what the page sent cannot be read")
        return sent

    def _entry(self, kind: str, sent: dict, **more: object) -> Entry:
        if "student" not in more:
            task, code = sent.get("task", ""), sent.get("code", "")
            more |= {"student": self.desk.student(task, code), "task": task}
        words = {name: sent.get(name, "") for name in ("comment", "reason", "answer", "request")}
        parts = sent.get("parts", [])
        if not isinstance(parts, list):
            raise RequestError("parts must be a list")
        given = {"points": sent.get("points"), "parts": tuple(parts), "who": self.desk.who}
        return Entry(kind, **words, **given, **more)

    def _keep(self, entry: Entry, sent: dict) -> int:
        seen = sent.get("seen")
        if type(seen) is not int:
            raise RequestError("the page did not say what it has seen")
        return self.desk.save(entry, seen)

    def _save(self, sent: dict) -> dict:
        entry = self._entry("mark", sent)
        seen = self._keep(entry, sent)
        given = "no points yet" if entry.points is None else f"{number(entry.points)} points"
        return {"seen": seen, "said": f"Saved: {given}."}

    def _regrade(self, sent: dict) -> dict:
        task = sent.get("task", "")
        row = self.desk.state().rows[self.desk.student(task, sent.get("code", ""))]
        asked = [each for each in row.requests if each.task == task and each.waits]
        if sent.get("request") not in [each.text for each in asked]:
            raise RequestError("there is no such request, or it has been answered")
        entry = self._entry("regrade", sent, before=row.points[task])
        return {"seen": self._keep(entry, sent), "said": "The request is answered."}

    def _extra(self, sent: dict) -> dict:
        student = sent.get("student")
        if student not in self.desk.state().rows:
            raise UnknownError("there is no such student")
        entry = self._entry("extra", sent, student=student)
        return {"seen": self._keep(entry, sent), "said": f"Saved: {number(entry.points)} extra."}

    def _undo(self, sent: dict) -> dict:
        undone = self.desk.undo()
        if undone is None:
            return {"said": "There is nothing of yours to undo."}
        code = self.desk.code(undone.task, undone.student) if undone.task else None
        where = f"answer/{undone.task}/{code}" if code else "students"
        return {"address": f"/{self.token}/{where}", "said": "The last action was undone."}

    def _write(self, sent: dict) -> dict:
        return {"said": "Marks, report and pages are written.", "problems": self.desk.finish()}

    def _newer(self, entry: Entry) -> str:
        who = "You, in another window" if entry.who == self.desk.who else entry.who or "Somebody"
        what = "took back an action" if entry.kind == "undo" else "gave no points yet"
        if entry.points is not None:
            what = f"gave {number(entry.points)} points"
        comment = f", with the comment: {entry.comment}" if entry.comment else ""
        return (
            f"{who} {what} at {entry.when} UTC{comment}. That is newer than what this page showed, "
            "so yours was not saved."
        )


class _Static(_Handler):
    def get(self, token: str, name: str) -> None:
        if name not in OURS:
            raise web.HTTPError(404)
        _send(self, STATIC / name)


class _MathJax(_Handler):
    def get(self, token: str, name: str) -> None:
        if not any(
            name == each or (each.endswith("/") and name.startswith(each)) for each in MATHJAX
        ):
            raise web.HTTPError(404)
        path = mathjax_source() / name
        if ".." in name or not path.is_file():
            raise web.HTTPError(404)
        self.set_header("Cache-Control", "private, max-age=86400")
        _send(self, path)


def _send(handler: _Handler, path: Path) -> None:
    kind = KINDS.get(path.suffix, "application/octet-stream")
    handler.set_header("Content-Type", kind if path.suffix == ".woff" else f"{kind}; charset=utf-8")
    handler.write(path.read_bytes())
