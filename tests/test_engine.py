"""The engine that runs Python in the pages: which files it accepts, and what it is made of."""

import hashlib
import io
import json
import os
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from project import ROOT

sys.path.insert(0, str(ROOT / "book"))

import engine
from live import packing, sources

RIGHT, WRONG = b"right", b"wrong"
NAME, HASH = "numpy.whl", hashlib.sha256(RIGHT).hexdigest()


def source(content):
    return lambda name: content


def wheel(**files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name, text in files.items():
            packed.writestr(name.replace("__", "/"), text)
    return file.getvalue()


# What is accepted --------------------------------------------------------------------------------


def test_a_file_with_the_right_hash_is_taken_and_kept(tmp_path):
    store = sources.Store(tmp_path / "kept", {"one": source(RIGHT)})
    assert store.get(NAME, HASH) == RIGHT
    again = sources.Store(tmp_path / "kept", {})
    assert again.get(NAME, HASH) == RIGHT


def test_a_file_with_another_hash_is_refused_and_the_next_source_asked(tmp_path):
    store = sources.Store(tmp_path, {"bad": source(WRONG), "good": source(RIGHT)})
    assert store.get(NAME, HASH) == RIGHT
    assert (tmp_path / NAME).read_bytes() == RIGHT


def test_without_a_right_file_the_message_names_it_and_who_was_refused(tmp_path):
    store = sources.Store(tmp_path, {"bad": source(WRONG), "empty": source(None)})
    with pytest.raises(sources.Unavailable, match=r"no source has numpy\.whl") as caught:
        store.get(NAME, HASH)
    assert "numpy.whl of bad: another SHA-256" in str(caught.value)
    assert not (tmp_path / NAME).exists()


def test_a_kept_file_that_was_changed_is_fetched_again(tmp_path):
    (tmp_path / NAME).write_bytes(WRONG)
    assert sources.Store(tmp_path, {"one": source(RIGHT)}).get(NAME, HASH) == RIGHT


def test_core_and_packages_are_held_to_the_hashes_of_the_recipe(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "recipe", lambda: {"core": {}, "packages": {NAME: HASH}})
    good = sources.Store(tmp_path, {"one": source(RIGHT)})
    assert sources.everything(good) == ({}, {NAME: RIGHT})
    with pytest.raises(sources.Unavailable):
        sources.everything(sources.Store(tmp_path / "other", {"one": source(WRONG)}))


def test_the_recipe_names_what_the_lock_of_the_release_names():
    told, kept = sources.recipe(), ROOT / "_build" / "engine-files"
    store = sources.Store(kept, sources.standard(kept, os.environ.get(engine.FILES)))
    try:
        lock = json.loads(store.get(sources.LOCK, told["lock"]))
    except sources.Unavailable as error:
        pytest.skip(f"the release's lock cannot be had here: {error}")
    named = {entry["file_name"]: entry["sha256"] for entry in lock["packages"].values()}
    assert told["packages"].items() <= named.items()
    assert told["info"] == lock["info"]
    assert told["pyodide"] == lock["info"]["version"]


# Where it comes from -----------------------------------------------------------------------------


def test_a_folder_of_ones_own_is_read_at_any_depth(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / NAME).write_bytes(RIGHT)
    assert sources.folder(tmp_path)(NAME) == RIGHT
    assert sources.folder(tmp_path)("other") is None


def test_a_folder_that_is_not_there_is_an_error_in_the_callers_words(tmp_path):
    with pytest.raises(sources.Unavailable, match=r"NETINIT_ENGINE_FILES names .* no folder"):
        sources.standard(tmp_path, str(tmp_path / "absent"))


def test_the_core_comes_from_the_package_of_npm(tmp_path):
    with tarfile.open(tmp_path / "pyodide-0.27.7.tgz", "w:gz") as packed:
        member = tarfile.TarInfo("package/pyodide.mjs")
        member.size = len(RIGHT)
        packed.addfile(member, io.BytesIO(RIGHT))
    read = sources.npm(tmp_path)
    assert read("pyodide.mjs") == RIGHT
    assert read("pyodide.asm.js") is None
    assert read("package.json") is None, "only the files of the core are looked for"


def test_official_files_are_found_inside_the_package_that_carries_them(tmp_path):
    name = sources.recipe()["carrier"].partition("==")[0].replace("-", "_")
    content = wheel(**{f"assets__{NAME}": "right"})
    (tmp_path / f"{name}-1-py3-none-any.whl").write_bytes(content)
    assert sources.carrier(tmp_path)(NAME) == RIGHT
    assert sources.carrier(tmp_path)("other.whl") is None


@pytest.mark.parametrize("make", [sources.npm, sources.carrier])
def test_a_client_that_fails_or_is_missing_is_a_source_without_files(make, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    assert make(tmp_path)("pyodide.mjs") is None


def test_the_official_address_is_the_one_that_the_core_names(tmp_path):
    version = sources.recipe()["pyodide"]
    text = "x=`https://files.example/pyodide/v${d.version}/full/`;"
    assert sources.distribution(text) == f"https://files.example/pyodide/v{version}/full/"
    assert sources.distribution("nothing") is None
    assert sources.official(tmp_path)(NAME) is None, "without the core nothing is asked for"


def test_an_official_place_that_cannot_be_reached_is_asked_once(tmp_path, monkeypatch):
    asked = []

    def refuse(address, timeout):
        asked.append(address)
        raise OSError("no network")

    (tmp_path / "pyodide.mjs").write_text("`https://files.example/v${e}/full/`")
    monkeypatch.setattr(sources.urllib.request, "urlopen", refuse)
    read = sources.official(tmp_path)
    assert [read(NAME), read("other")] == [None, None]
    assert len(asked) == 1


# What it is made of ------------------------------------------------------------------------------


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A release of two small files, and a folder that has them."""
    files = {"pyodide.mjs": b"loader", "small.whl": wheel(small__a="a", small__tests__b="b")}
    hashes = {name: sources.hash_of(content) for name, content in files.items()}
    core = {"pyodide.mjs": hashes.pop("pyodide.mjs")}
    told = {"pyodide": "1", "core": core, "packages": hashes, "info": {}, "carrier": "none==1"}
    told |= {"dropped": ["*/tests/*"], "kept": []}
    for module in (sources, packing):
        monkeypatch.setattr(module, "recipe", lambda: told)
    given = tmp_path / "given"
    given.mkdir()
    for name, content in files.items():
        (given / name).write_bytes(content)
    return given


def made(fake, tmp_path):
    store = sources.Store(tmp_path / "kept", {"given": sources.folder(fake)})
    return packing.assemble(ROOT, tmp_path / "engine", store)


def test_the_engine_holds_core_trimmed_libraries_and_the_books_python(fake, tmp_path):
    told = made(fake, tmp_path)
    names = ["pyodide.mjs", sources.LOCK, packing.LIBRARIES, packing.OWN]
    assert sorted(told["files"]) == sorted(names)
    with zipfile.ZipFile(tmp_path / "engine" / packing.LIBRARIES) as packed:
        assert "small/a" in packed.namelist()
        assert "small/tests/b" not in packed.namelist()
    with zipfile.ZipFile(tmp_path / "engine" / packing.OWN) as packed:
        own = packed.namelist()
    assert {"netinit/__init__.py", "cells.py", "anywidget/__init__.py"} <= set(own)
    assert not [name for name in own if "__pycache__" in name]
    for name, entry in told["files"].items():
        content = (tmp_path / "engine" / name).read_bytes()
        assert (len(content), sources.hash_of(content)) == (entry["bytes"], entry["sha256"])


def test_an_engine_that_is_up_to_date_asks_no_source(fake, tmp_path):
    told = made(fake, tmp_path)
    assert packing.assemble(ROOT, tmp_path / "engine", sources.Store(tmp_path, {})) == told


def test_an_engine_that_lost_a_file_is_made_again(fake, tmp_path):
    made(fake, tmp_path)
    (tmp_path / "engine" / packing.OWN).unlink()
    assert packing.manifest(tmp_path / "engine") is None
    made(fake, tmp_path)
    assert (tmp_path / "engine" / packing.OWN).is_file()


def test_a_site_gets_a_copy_and_one_without_an_engine_keeps_no_old_one(fake, tmp_path, monkeypatch):
    site, out = tmp_path / "html", tmp_path / "out"
    monkeypatch.setenv(engine.FILES, str(fake))
    assert "Pyodide 1" in engine.bring(ROOT, out, site)
    assert (site / engine.PLACE / "engine.json").is_file()
    monkeypatch.setattr(packing, "version_of", lambda root: "changed")
    monkeypatch.setattr(engine.sources, "standard", lambda kept, own: {})
    for path in (out / "engine-files").iterdir():
        path.unlink()
    with pytest.raises(sources.Unavailable):
        engine.bring(ROOT, out, site)
    assert not (site / engine.PLACE).exists()


def test_the_archives_are_the_same_on_every_build():
    members = [("b", b"2"), ("a", b"1")]
    assert packing.archive(members) == packing.archive(members[::-1])


def test_the_font_list_names_only_fonts_that_matplotlib_carries():
    ((name, text),) = packing.font_list()
    told = json.loads(text)
    assert not packing.wanted(name), "the list in the wheel, of another version, is left out"
    fonts = [font["fname"] for font in told["ttflist"]]
    assert "fonts/ttf/DejaVuSans.ttf" in fonts
    assert all(Path(font).parent == Path("fonts/ttf") for font in fonts)


# The engine itself -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def built():
    """The engine of this project; where the network is promised, there must be one."""
    out = ROOT / "_build"
    try:
        kept = out / "engine-files"
        store = sources.Store(kept, sources.standard(kept, os.environ.get(engine.FILES)))
        packing.assemble(ROOT, out / "engine", store)
    except sources.Unavailable as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no engine on this machine: {error}")
    return out / "engine"


def test_the_real_engine_is_whole_and_keeps_the_licenses(built):
    with zipfile.ZipFile(built / packing.LIBRARIES) as packed:
        names = packed.namelist()
    for package in ("numpy", "matplotlib", "pillow", "traitlets"):
        about = [name for name in names if name.startswith(f"{package}-")]
        assert any("LICENSE" in name.upper() for name in about), package
    assert not [name for name in names if "/tests/" in name and "_natype" not in name]


def test_the_real_engine_is_small_enough(built):
    assert sum(path.stat().st_size for path in built.iterdir()) < 26_000_000
