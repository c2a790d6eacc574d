"""nbgrader's execution of a notebook, in a sandbox and within limits.

A cell that runs too long is interrupted. If the kernel cannot be interrupted, or dies, the
remaining cells fail, but the notebook is still graded. Long output is cut. ``Execute.events`` has
what happened, and ``Execute.held_up`` whether a limit of time was reached on a busy machine.
"""

import asyncio
import json
import os
import subprocess
import time
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode, v4
from nbgrader import preprocessors
from traitlets import Any, Bool, Integer

from assignments.handed_in import beside
from assignments.problem_sets.cells import grade_id, is_answer, is_test
from assignments.running import watch
from assignments.running.isolation import Sandbox, reached
from assignments.running.meter import ASLEEP, CLOCK, Meter

NAME = "student"  # of the kernel
SLICE = 1  # seconds after which a running cell is looked at again
PATIENCE = 15  # seconds for the output of a cell that has ended to arrive
LONGEST_ERROR = 10_000  # characters of each part
_UNLIMITED = ("status", "execute_input", "clear_output")


class SandboxedKernel(AsyncKernelManager):
    """A kernel with sockets in its sandbox, under a user who must read the connection file."""

    user = Integer(None, allow_none=True).tag(config=True)
    hidden = Bool(False).tag(config=True)  # whether the sockets must still be found
    patience = Integer(60).tag(config=True)  # seconds to make its sockets

    def write_connection_file(self, **kwargs: object) -> None:
        """Write the file and make the kernel's user its owner."""
        super().write_connection_file(**kwargs)
        if self.user is not None:
            os.chown(self.connection_file, self.user, self.user)

    def _connect_control_socket(self) -> None:
        """Wait until the kernel has made its sockets; from now on, use them where they are."""
        ending, end = f"-{self.shell_port}", time.monotonic() + self.patience
        while self.hidden and time.monotonic() < end and self.provisioner.process.poll() is None:
            if path := reached(self.provisioner.pid, self.ip + ending):
                self.ip, self.hidden = path.removesuffix(ending), False
            else:
                time.sleep(0.02)
        super()._connect_control_socket()


def install(folder: Path, sandbox: Sandbox, shared: Path, slot: int) -> None:
    """Write the kernel specification of a sandbox into `folder`."""
    program = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]
    # Signals do not reach into the sandbox; a message asks the kernel to interrupt itself.
    specification = {
        "argv": sandbox.command(program, shared, slot),
        "env": {},
        "display_name": NAME,
        "language": "python",
        "interrupt_mode": "message",
    }
    (folder / NAME).mkdir(parents=True)
    (folder / NAME / "kernel.json").write_text(json.dumps(specification), "utf-8")


class Execute(preprocessors.Execute):
    """Runs the cells of a notebook in a sandbox."""

    sandbox = Any().tag(config=True)
    scratch = Any().tag(config=True)  # the folder of the kernel specification and the sockets
    slot = Integer(0).tag(config=True)
    events: list[str] = []  # noqa: RUF012 (one process grades one notebook)
    held_up = False

    def create_kernel_manager(self) -> AsyncKernelManager:
        """A manager for a kernel in the sandbox."""
        shared, specifications = self.scratch / "s", self.scratch / "kernels"
        user = self.sandbox.user(self.slot)
        shared.mkdir()
        if user is not None and self.sandbox.bubblewrap is None:
            os.chown(shared, user, user)  # for the sockets
        install(specifications, self.sandbox, shared, self.slot)
        self.km = SandboxedKernel(
            kernel_name=NAME,
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(specifications)]),
            transport="ipc",
            ip=self.sandbox.sockets(shared),
            connection_file=str(shared / "kernel.json"),
            user=user,
            hidden=self.sandbox.bubblewrap is not None,
            patience=self.sandbox.limits.seconds,
        )
        self.startup_timeout = self.sandbox.limits.seconds
        return self.km

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict, km: AsyncKernelManager | None = None
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Run all cells that can still be run, whatever happens to the kernel."""
        Execute.held_up = False
        self.of_all, self.of_cell = None, None  # meters
        self.iopub_timeout = PATIENCE
        self.dead, self.kept, self.kept_in_all = "", 0, 0
        self.closing, self.verdicts, self.failure = watch.new_secret(), [], None
        self.answers = [
            n for c in nb.cells for n in c.metadata.get(beside.KEY, {}).get("defines", [])
        ]
        last = v4.new_code_cell(watch.check(self.closing))
        nb.cells = [watch.first(), *nb.cells, last]
        nb, resources = super().preprocess(nb, resources, km)
        if faults := [out.evalue for out in nb.cells[0].outputs if out.output_type == "error"]:
            raise RuntimeError(f"the kernel could not be prepared: {faults[0]}")
        if not self.dead and not self.verdicts:
            self._event("what watches over the tests was removed")
        nb.cells = nb.cells[1:-1]
        return nb, resources

    def start_new_kernel(self, **kwargs: object) -> None:
        """Start the kernel with the sandbox's environment."""
        kwargs["env"] = self.sandbox.environment()
        kwargs["cwd"] = str(self.scratch)
        kwargs["stdout"] = kwargs["stderr"] = subprocess.DEVNULL
        super().start_new_kernel(**kwargs)

    def preprocess_cell(
        self, cell: NotebookNode, resources: ResourcesDict, index: int
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Run a cell, or record why it cannot be run any more."""
        if cell.cell_type != "code" or not cell.source.strip():
            return cell, resources
        if not self.dead:
            self.of_cell = Meter(self.km.provisioner.pid)
            self._end_if_beyond()
        if self.dead:
            cell.outputs = [_error("NotRun", self.dead)]
            return cell, resources
        self.kept, self.failure = 0, None
        self.verdicts = []
        try:
            self._run(cell, index)
        except DeadKernelError:
            self._give_up("the kernel died: it was killed, or ran out of memory")
            self.failure = ("DeadKernel", self.dead)
        except CellTimeoutError:
            self._note_load(self.of_cell)
            self._give_up("a cell ran too long and could not be interrupted")
            self.failure = ("CellTimeoutError", self.dead)
            run_sync(self.km.shutdown_kernel)(now=True)
        self._tidy(cell)
        return cell, resources

    def _end_if_beyond(self) -> None:
        """Give up if the notebook has had its time."""
        self.of_all = self.of_all or self.of_cell
        if self.of_all.beyond(self.sandbox.limits.seconds):
            self._note_load(self.of_all)
            self._give_up(_beyond("the notebook", self.of_all, self.sandbox.limits.seconds))

    def _run(self, cell: NotebookNode, index: int) -> None:
        """Run a cell: a test through the watch, a given one with a note of what it makes."""
        source, limits = cell.source, self.sandbox.limits
        given = grade_id(cell) and not is_answer(cell) and not is_test(cell)
        # What loads the libraries may take long on a busy machine, and is not the student's.
        self.most = limits.seconds if given or index == 0 else limits.cell_seconds
        self.secret = watch.new_secret() if is_test(cell) else self.closing
        if is_test(cell):
            cell.source = watch.test(grade_id(cell), source, self.secret, self.answers)
        elif given:
            cell.source = watch.given(source)
        try:
            self.execute_cell(cell, index, store_history=not is_test(cell))
        finally:
            cell.source = source

    def _get_timeout(self, cell: NotebookNode | None) -> int | None:
        return super()._get_timeout(cell) if cell is None else SLICE

    async def _async_handle_timeout(
        self, timeout: int, cell: NotebookNode | None = None
    ) -> dict[str, object] | None:
        """Interrupt a cell that is beyond its limit; otherwise let it run on."""
        if cell is not None and not self.of_cell.beyond(self.most):
            await asyncio.sleep(SLICE / 10)  # a message of another cell may have ended the slice
            return None
        if cell is not None:
            self._note_load(self.of_cell)
        return await super()._async_handle_timeout(timeout, cell)

    def _note_load(self, meter: Meter) -> None:
        Execute.held_up = Execute.held_up or meter.held_up()

    def on_cell_executed(self, **kwargs: object) -> None:
        """Note how the kernel says that a cell ended; an error may lack its parts."""
        content = kwargs["execute_reply"]["content"]
        if content.get("status") != "ok":
            parts = [("ename", "Error"), ("evalue", "its text cannot be shown"), ("traceback", [])]
            content |= {"status": "error", **{key: content.get(key, usual) for key, usual in parts}}
            self.failure = (str(content["ename"]), str(content["evalue"]))
        super().on_cell_executed(**kwargs)

    def _tidy(self, cell: NotebookNode) -> None:
        for name in list(dict.fromkeys(n for v in self.verdicts for n in v["replaced"]))[:5]:
            self._event(f"{name} was replaced")
        if is_test(cell):
            self._judge(cell)
        elif self.dead:
            cell.outputs.append(_error(*self.failure))
        for output in cell.outputs:
            if output.output_type != "error":
                continue
            _cut_error(output)
            if output.ename == "ModuleNotFoundError":
                self._event(f"not installed where this was graded: {output.evalue}")
            if output.ename == "CellTimeoutError" and not self.dead:
                output.evalue = output.evalue or _beyond("the cell", self.of_cell, self.most)
                self._event(_beyond("a cell", self.of_cell, self.most))

    def _judge(self, cell: NotebookNode) -> None:
        """Let the outputs of a test say what its verdict says: an error costs the points.

        nbgrader gives points by outputs: none for an error or a text on stderr, some for a result.
        """
        cell.outputs = [out for out in cell.outputs if _is_harmless(out)]
        failed = [verdict["failed"] for verdict in self.verdicts if verdict["failed"]]
        failure = self.failure or (failed[0] if failed else None)
        if failure is None and not self.verdicts:
            failure = ("NoVerdict", "the notebook kept this test from running to its end")
            self._event(f"{grade_id(cell)}: {failure[1]}")
        if failure is not None:
            error = _error(*map(str, failure))
            error.traceback += [_place(v["line"]) for v in self.verdicts if v.get("line")][:1]
            cell.outputs.append(error)

    def process_message(
        self, msg: dict, cell: NotebookNode, cell_index: int
    ) -> NotebookNode | None:
        """Keep the verdict of a test; and the output of a cell, of any kind, up to the limit."""
        if msg["msg_type"] == watch.KIND:
            if msg["content"].get("secret") == self.secret:
                self.verdicts.append(msg["content"])
            return None
        msg["content"] = _valid(msg["content"])
        if msg["msg_type"] in _UNLIMITED or self._fits(msg):
            return super().process_message(msg, cell, cell_index)
        self._event("an output was cut: it was too long")
        return None

    def _fits(self, msg: dict) -> bool:
        """Whether a message fits within the limit; a long stream of text is cut so that it does."""
        limits, content = self.sandbox.limits, msg["content"]
        room = int(limits.output_mb * 1e6) - self.kept
        room = min(room, int(limits.all_output_mb * 1e6) - self.kept_in_all)
        if msg["msg_type"] == "error":  # decides about points, so it is always kept
            _cut_error(content)
            return True
        if msg["msg_type"] == "stream" and 0 < room < len(content["text"]):
            content["text"] = f"{content['text'][:room]}\n[cut: the output is too long]\n"
            self._event("an output was cut: it was too long")
            self._keep(room)
            return True
        size = len(json.dumps(content)) + sum(map(len, msg.get("buffers", [])))
        if size <= room:
            self._keep(size)
        return size <= room

    def _keep(self, size: int) -> None:
        self.kept += size
        self.kept_in_all += size

    def _give_up(self, reason: str) -> None:
        self.dead = f"not run: {reason}"
        self._event(reason)

    def _event(self, text: str) -> None:
        if text not in self.events:
            self.events.append(text)


def _beyond(what: str, meter: Meter, limit: float) -> str:
    """A sentence that says which limit was reached."""
    if meter.most > limit:
        return f"{what} used more than {limit} s of the processor"
    if meter.asleep > ASLEEP * limit:
        return f"{what} waited for longer than {ASLEEP * limit} s"
    return f"{what} took longer than {CLOCK * limit} s"


def _cut_error(content: dict) -> None:
    """Cut the parts of an error to their beginnings."""
    for part in ("ename", "evalue"):
        content[part] = str(content[part])[:LONGEST_ERROR]
    content["traceback"] = [str(line)[:LONGEST_ERROR] for line in content["traceback"][-20:]]


def _error(name: str, text: str) -> NotebookNode:
    return NotebookNode(output_type="error", ename=name, evalue=text, traceback=[f"{name}: {text}"])


def _place(line: object) -> str:
    """Where in the notebook an error arose, as IPython says it; empty if that is not to be told."""
    known = isinstance(line, list) and len(line) == 2 and all(type(n) is int for n in line)
    return f"Cell In[{line[0]}], line {line[1]}" if known else ""


def _is_harmless(output: NotebookNode) -> bool:
    """Whether an output of a test cannot change its points."""
    if output.output_type == "stream":
        return output.name == "stdout"
    return output.output_type == "display_data"


def _valid(content: dict) -> dict:
    """The content of a message as text that can be written in UTF-8."""
    text = json.dumps(content, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.loads(text.encode("utf-8", "replace"))
    return content
