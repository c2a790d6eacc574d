"""The project around the book: its files, its commands, its metadata."""

import importlib.metadata
import re
import subprocess
import sys
import tomllib
import zipfile
from collections import Counter
from pathlib import Path

import pytest
import yaml
from project import ROOT, files

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
BINARY = {".npz", ".png"}  # stored sweeps and pictures, each remade by a command
LARGEST = {".ipynb": 700_000}  # bytes: a chapter carries the pictures it shows
USUALLY = 200_000


FILES = files()
TEXTS = {p: p.read_text("utf-8") for p in FILES if p.suffix not in BINARY}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def containing(pattern: str, texts: dict[Path, str]) -> list[str]:
    """Return where a pattern occurs, as file:line."""
    expression = re.compile(pattern)
    return [
        f"{relative(path)}:{number}: {line.strip()[:100]}"
        for path, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if expression.search(line)
    ]


LAYOUT = """
README.md CONTRIBUTING.md CHANGELOG.md LICENSE LICENSE-text CITATION.cff Makefile pyproject.toml
requirements.txt _config.yml _toc.yml index.md chapters/notation.md chapters/glossary.md
chapters/references.bib
.ci/run .github/workflows/tests.yml benchmarks/__main__.py netinit/__init__.py
netinit/initializers/fans.py
netinit/theory/moments.py netinit/network/mlp.py netinit/propagation/measurement.py
netinit/training/loop.py netinit/datasets.py netinit/plots.py netinit/style.py
netinit/widgets/__init__.py
"""

# Files --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", LAYOUT.split())
def test_the_layout_holds(path):
    assert (ROOT / path).is_file()


def test_every_folder_at_the_top_is_said_in_the_readme():
    folders = {relative(p).split("/")[0] for p in FILES if p.parent != ROOT}
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [f for f in sorted(folders) if f"`{f}/" not in readme] == []


def test_no_tracked_file_is_empty():
    assert [relative(p) for p in FILES if p.stat().st_size == 0] == []


def test_no_tracked_file_is_large():
    sizes = {relative(p): p.stat().st_size for p in FILES}
    room = {name: LARGEST.get(Path(name).suffix, USUALLY) for name in sizes}
    assert {name: size for name, size in sizes.items() if size > room[name]} == {}


def test_no_two_files_of_tests_have_one_name():
    """Pytest would refuse the second, in a run of the whole folder if nowhere else."""
    names = {"here": [], "frameworks": []}
    for path in FILES:
        if path.name.startswith("test_") and path.suffix == ".py":
            names["frameworks" if "frameworks" in path.parts else "here"].append(path.name)
    for where, found in names.items():
        assert [name for name, n in Counter(found).items() if n > 1] == [], where


def test_nothing_minified_or_vendored_is_tracked():
    names = [relative(p) for p in FILES]
    assert [n for n in names if re.search(r"\.min\.|\.map$|vendor|node_modules", n)] == []
    scripts = {p: t for p, t in TEXTS.items() if p.suffix in {".js", ".css", ".html", ".py"}}
    long = {relative(p): max(map(len, t.splitlines())) for p, t in scripts.items() if t}
    assert {name: length for name, length in long.items() if length > 300} == {}


def test_nothing_built_is_tracked():
    names = [relative(p) for p in FILES]
    built = r"^_build/|\.ipynb_checkpoints|__pycache__|\.pyc$|\.zip$|\.egg-info|^\.venv"
    assert [n for n in names if re.search(built, n)] == []


def test_no_file_names_a_place_on_one_machine():
    places = r"/(?:home|Users)/\w|/ro" + r"ot/|/wo" + r"rk/|/tm" + r"p/|[A-Z]:\\\\Users"
    texts = {p: t for p, t in TEXTS.items() if p.name not in {"test_house.py", "test_chapters.py"}}
    assert containing(places, texts) == []


def test_no_file_names_a_registry_or_a_delivery_network():
    hosts = (
        r"pypi\.org|pythonhosted|registry\.npmjs|npmjs\.com|deb\.debian|download\.pytorch"
        r"|jsdelivr|unpkg|cdnjs|cloudflare|esm\.sh|skypack|googleapis|gstatic"
    )
    # The browser tests and the site's own checks may name what they look for.
    texts = {p: t for p, t in TEXTS.items() if "tests" not in p.relative_to(ROOT).parts}
    assert containing(hosts, texts) == []


def test_no_code_has_lines_of_excuse():
    ours = {p: t for p, t in TEXTS.items() if p.name != "test_house.py"}
    assert containing(r"\b(?:TODO|FIXME|XXX|HACK)\b", ours) == []


# Environment --------------------------------------------------------------------------------


def locked() -> list[str]:
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_lock_pins_everything_exactly():
    editable, *pins = locked()
    assert editable == "-e ."
    exact = re.compile(r"^[a-z0-9][a-z0-9.-]*==[\w.]+( ; .+)?$")
    assert [pin for pin in pins if not exact.match(pin)] == []


def test_the_lock_says_how_it_is_made():
    assert "make lock" in (ROOT / "requirements.txt").read_text("utf-8").splitlines()[0]


def test_the_lock_covers_every_extra_but_those_of_frameworks():
    extras = PYPROJECT["project"]["optional-dependencies"]
    wanted = {
        canonical(re.match(r"[\w.-]+", requirement)[0])
        for extra in set(extras) - {"frameworks", "torch"}
        for requirement in extras[extra]
    }
    pinned = {canonical(pin.partition("==")[0]) for pin in locked()[1:]}
    assert wanted - pinned - {"netinit"} == set()
    assert {"torch", "jax", "keras"} & pinned == set()


def test_the_extras_are_the_promised_ones():
    extras = set(PYPROJECT["project"]["optional-dependencies"])
    ours = {"widgets", "plots", "data", "book", "classroom", "cluster", "hub"}
    ours |= {"frameworks", "torch", "test"}
    assert extras == ours


def test_jupyter_book_stays_below_2():
    assert [pin for pin in locked() if pin.startswith("jupyter-book==1.")]
    book = PYPROJECT["project"]["optional-dependencies"]["book"]
    assert any(re.match(r"jupyter-book.*<2$", requirement) for requirement in book)


def test_the_frameworks_environment_agrees_with_the_lock():
    lines = (ROOT / "tests" / "frameworks" / "requirements.txt").read_text("utf-8").splitlines()
    shared = {line for line in lines if line.startswith(("numpy==", "pytest=="))}
    assert len(shared) == 2
    assert shared <= set(locked())


def test_every_ignored_rule_has_its_reason():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    block = text.split("[tool.ruff.lint]")[1].split("[tool.ruff.lint.pydocstyle]")[0]
    ignores = [line for line in block.splitlines() if re.match(r'\s+"[A-Z]+\d+"|"\S+" = \[', line)]
    assert ignores
    assert [line for line in ignores if not re.search(r"# \w+ \w+", line)] == []


# Commands -----------------------------------------------------------------------------------


def targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    return set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def test_every_target_is_tried_in_ci_or_explained():
    contributing = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert {t for t in targets() - {"help"} if f"`make {t}`" not in contributing} == set()


@pytest.mark.parametrize("path", [".ci/run", ".github/workflows", "README.md", "CONTRIBUTING.md"])
def test_every_make_command_that_is_named_exists(path):
    folder = ROOT / path
    files = sorted(folder.iterdir()) if folder.is_dir() else [folder]
    text = "\n".join(f.read_text("utf-8") for f in files)
    named = set(re.findall(r"(?:^|[`\s])make ([a-z][a-z-]+)(?=[`\s])", text, re.MULTILINE))
    assert named
    prose = {"sure", "what", "alone", "it", "the"}
    assert named - prose <= targets()


def test_every_script_and_module_the_documents_run_exists():
    text = (ROOT / "README.md").read_text("utf-8") + (ROOT / "Makefile").read_text("utf-8")
    for module in re.findall(r"-m (tests|benchmarks)\b", text):
        assert (ROOT / module / "__main__.py").is_file(), module
    for script in re.findall(r"\bbook[/\\](\w+\.py)", text):
        assert (ROOT / "book" / script).is_file(), script


def test_the_pictures_of_the_readme_exist_and_have_words():
    text = (ROOT / "README.md").read_text("utf-8")
    names = re.findall(r'(?:src|srcset)="([^"]+)"', text)
    assert len(names) == 2
    assert [name for name in names if not (ROOT / name).is_file()] == []
    assert all(len(alt) >= 40 for alt in re.findall(r'alt="([^"]+)"', text))


def test_the_five_lines_of_the_readme_run():
    readme = (ROOT / "README.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert len([line for line in example.splitlines() if line.strip()]) <= 5
    subprocess.run([sys.executable, "-W", "error", "-c", example], check=True, cwd=ROOT)


def test_workflows_name_every_action_by_its_commit_and_every_job_says_why():
    for path in sorted((ROOT / ".github" / "workflows").iterdir()):
        text = path.read_text("utf-8")
        uses = re.findall(r"uses: (.+)", text)
        assert uses
        assert [u for u in uses if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v[\d.]+", u)] == []
        jobs = yaml.safe_load(text)["jobs"]
        for job in jobs:
            assert re.search(rf"^  # .+\n  {job}:$", text, re.MULTILINE), f"{path.name}: {job}"


def test_only_jobs_that_run_nothing_of_the_project_may_write():
    writing, trusted = set(), set()
    for path in sorted((ROOT / ".github" / "workflows").iterdir()):
        workflow = yaml.safe_load(path.read_text("utf-8"))
        assert workflow["permissions"] == {"contents": "read"}, path.name
        for name, job in workflow["jobs"].items():
            ran = " ".join(step.get("run", "") for step in job["steps"])
            if "write" in job.get("permissions", {}).values():
                writing.add(f"{path.stem}/{name}")
                assert not re.search(r"\b(make|python|pip|npm)\b", ran), f"{path.name}: {name}"
            for step in job["steps"]:
                checkout = step.get("uses", "").startswith("actions/checkout@")
                if checkout and step.get("with", {}).get("persist-credentials", True):
                    trusted.add(f"{path.stem}/{name}")
    assert writing == {"pages/launch", "pages/deploy", "release/publish"}
    assert trusted == {"pages/launch"}, "the others leave no token for what they run"


# Metadata -----------------------------------------------------------------------------------


def test_the_version_is_said_once_and_repeated_truthfully():
    version = PYPROJECT["project"]["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert citation["version"] == version
    assert f"## {version}" in changelog
    assert importlib.metadata.version("netinit") == version
    package = {p: t for p, t in TEXTS.items() if p.is_relative_to(ROOT / "netinit")}
    assert containing(r"__version__\s*=", package) == []


def test_the_citation_holds_what_its_format_requires():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)


def test_both_licences_are_whole():
    assert "Permission is hereby granted, free of charge" in TEXTS[ROOT / "LICENSE"]
    text = " ".join(TEXTS[ROOT / "LICENSE-text"].split())
    assert "Creative Commons Attribution 4.0 International Public License" in text
    assert "Section 8" in text
    assert "ShareAlike" not in text


def test_the_wheel_holds_the_scripts_and_styles_of_the_widgets(tmp_path):
    """Built by pip in this environment if it can be; hatchling's own list of files otherwise."""
    pytest.importorskip("hatchling")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    package = {relative(p) for p in FILES if p.is_relative_to(ROOT / "netinit")}
    assert package <= inside
    assert any(name.endswith(".js") for name in inside)
    assert any(name.endswith(".css") for name in inside)
