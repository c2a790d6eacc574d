"""JavaScript modules put into one script: each keeps its own names."""

import importlib.util
import json
import subprocess
import sys

import pytest

from netinit.widgets import Explorer, Quiz
from netinit.widgets.bundle import HERE, bundle

needs_deno = pytest.mark.skipif(
    importlib.util.find_spec("deno") is None, reason="there is no deno for this machine"
)


def write(folder, **modules):
    for name, text in modules.items():
        path = folder / f"{name.replace('_', '/')}.js"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf8")


def value_of(script, folder, shown):
    """What an expression of the script's default export is, as deno runs it."""
    path = folder / "script.mjs"
    path.write_text(script, "utf8")
    code = f"import it from './script.mjs'; console.log(JSON.stringify({shown}));"
    (folder / "run.mjs").write_text(code, "utf8")
    command = [sys.executable, "-m", "deno", "run", "--no-remote", "--no-config", "run.mjs"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@needs_deno
def test_two_modules_may_use_one_name_and_import_each_others(tmp_path):
    write(
        tmp_path,
        one="const size = 1;\nexport const one = () => size;\nexport function twice() {\n"
        "  return 2 * size;\n}\n",
        inner_two='import { one as first, twice } from "../one.js";\n'
        "const size = 20;\nexport default { sum: () => first() + twice() + size };\n",
    )
    entry = 'import two from "./inner/two.js";\nimport { one } from "./one.js";\n'
    script = bundle(entry + "export default { all: two.sum(), one: one() };\n", tmp_path)
    assert value_of(script, tmp_path, "it") == {"all": 23, "one": 1}


@needs_deno
def test_a_module_runs_once_however_often_it_is_imported(tmp_path):
    write(
        tmp_path,
        count="let serial = 0;\nexport const next = () => ++serial;\n",
        a='import { next } from "./count.js";\nexport const a = next();\n',
        b='import { next } from "./count.js";\nexport const b = next();\n',
    )
    entry = 'import { a } from "./a.js";\nimport { b } from "./b.js";\nexport default [a, b];\n'
    assert value_of(bundle(entry, tmp_path), tmp_path, "it") == [1, 2]


@needs_deno
@pytest.mark.parametrize("script", [Explorer._esm, Quiz._esm], ids=["Explorer", "Quiz"])
def test_the_script_of_a_widget_loads_and_exports_what_anywidget_calls(script, tmp_path):
    assert value_of(script, tmp_path, "typeof it.render") == "function"


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        ({"a": "export const b = 1;\n"}, "entry imports 'a', which ./a.js does not export"),
        (
            {"a": "const size = 1, a = 2;\nexport const b = 1;\n"},
            "entry imports 'a', which ./a.js does not export",
        ),
        (
            {"a": 'import { a } from "./a.js";\nexport const b = 1;\n'},
            "modules import each other in a circle: a.js -> a.js",
        ),
        (
            {
                "a": 'import { b } from "./b.js";\nexport const a = b;\n',
                "b": 'import { a } from "./a.js";\nexport const b = a;\n',
            },
            "modules import each other in a circle: a.js -> b.js -> a.js",
        ),
        (
            {"a": 'import * as all from "./b.js";\nexport const a = 1;\n'},
            'a.js cannot be bundled: import * as all from "./b.js";',
        ),
        (
            {"a": "export const a = 1;\nexport let later;\n"},
            "a.js cannot be bundled: export let later;",
        ),
    ],
)
def test_what_cannot_be_bundled_is_refused_with_its_place(tmp_path, modules, message):
    write(tmp_path, **modules)
    entry = 'import { a } from "./a.js";\nexport default a;\n'
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the message is compared)
        bundle(entry, tmp_path)
    assert str(caught.value) == message


def test_an_entry_of_another_form_is_refused():
    with pytest.raises(ValueError, match="the entry cannot be bundled: export const a = 1;"):
        bundle("export const a = 1;\nexport default a;\n")


def test_every_module_is_part_of_a_script():
    """None is forgotten; the host is a script of its own."""
    scripts = Explorer._esm + Quiz._esm
    modules = {path.relative_to(HERE).as_posix() for path in HERE.rglob("*.js")} - {"host.js"}
    part = {name for name in modules if f'$modules["{name}"] = ' in scripts}
    assert modules - part == {"quiz.js"}  # the last module has no scope of its own
    assert "function verdict" in Quiz._esm or "verdict = " in Quiz._esm
