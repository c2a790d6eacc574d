"""Run the chapters and store what they show: ``python book/outputs.py [NOTEBOOK ...]``.

Without names: those that this environment can run. Notebooks that need PyTorch are run where it is
installed, and there no other (`make outputs-frameworks`).

Whatever changes from run to run without meaning (times, versions, the ids of widgets) is left out,
so that a diff of a notebook shows what changed for its readers.
"""

import argparse
import importlib.util
import time
from itertools import count
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from netbook.frameworks import needs_torch

ROOT = Path(__file__).resolve().parents[1]
TORCH = importlib.util.find_spec("torch") is not None
BOOK = [*ROOT.glob("chapters/*.ipynb"), *ROOT.glob("reference/*.ipynb")]
NOTEBOOKS = [path for path in BOOK if needs_torch(path) == TORCH]
VIEW = "application/vnd.jupyter.widget-view+json"
FOLDED = {"hide-input", "hide-cell", "remove-input"}
METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}


def run(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Execute all cells in a new kernel, in their order."""
    client = NotebookClient(
        notebook,
        timeout=3600,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
    )
    client.execute()


def tidy(notebook: nbformat.NotebookNode) -> None:
    """Remove from an executed notebook whatever belongs to this run alone.

    Code that the page folds is folded in JupyterLab too, which reads a different mark.
    """
    notebook.metadata = nbformat.from_dict(METADATA)
    numbers = count(1)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if FOLDED & set(cell.metadata.get("tags", [])):
            cell.metadata.setdefault("jupyter", {})["source_hidden"] = True
        for output in cell.get("outputs", []):
            if VIEW in output.get("data", {}):
                output.data[VIEW]["model_id"] = f"explorer-{next(numbers)}"


def main() -> None:
    """Run the notebooks that are named, or all chapters."""
    parser = argparse.ArgumentParser(description="Run the chapters and store what they show.")
    parser.add_argument("notebooks", nargs="*", type=Path, default=sorted(NOTEBOOKS))
    for path in parser.parse_args().notebooks:
        started = time.monotonic()
        notebook = nbformat.read(path, as_version=4)
        run(notebook, path.parent)
        tidy(notebook)
        nbformat.write(notebook, path)
        print(f"{path.name}: {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
