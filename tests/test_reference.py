"""The reference pages: what they list is complete, and what they say is the docstrings'."""

import importlib
import inspect
import json
import pkgutil
import re
import sys
from types import SimpleNamespace

import chapter_rules as rules
import pytest
from chapter import joined, parse
from chapter_numbers import numbers_are_backed
from docutils import nodes
from docutils.utils import new_document
from project import ROOT
from sphinx import addnodes

import netinit
from netinit import chooser
from netinit.initializers import advice

sys.path.insert(0, str(ROOT / "book"))

from netbook import modules as loaded
from netbook import names, pages, schemes, signatures

# Modules that serve the others: what they define is for no user.
INTERNAL = {"style", "activations.formulas", "activations.error_function"}
# Packages behind netinit.torch and its like, whose own pages show what they offer.
SERVING = ("reading.", "reporting.", "judging.", "torch.", "flax.", "keras.")
HELPERS = {"affine", "as_layer", "named"}  # one module's service to another
PAGES = names.pages(ROOT)


def package_modules():
    """Return the modules of the package without the private ones, packages not counted."""
    found = pkgutil.walk_packages(netinit.__path__, "netinit.")
    names = [module.name.removeprefix("netinit.") for module in found if not module.ispkg]
    return [n for n in names if not n.startswith(("_", "widgets.", *SERVING)) and "._" not in n]


def documented():
    """The objects that some page describes."""
    modules = [loaded.load(page) for page in PAGES]
    return [getattr(module, name) for module in modules for name in signatures.public(module)]


# Complete -----------------------------------------------------------------------------------


def test_every_module_has_a_page_or_its_functions_stand_on_others():
    known = documented()
    missing = []
    for name in set(package_modules()) - INTERNAL - set(PAGES):
        module = importlib.import_module(f"netinit.{name}")
        own = [
            n for n in signatures.public(module) if not any(getattr(module, n) is o for o in known)
        ]
        missing += [f"{name}.{n}" for n in own if n not in HELPERS]
    assert missing == [], "give the module a page: reference/api/NAME.md, and a line in _toc.yml"


@pytest.mark.parametrize("page", loaded.FRAMEWORKS)
def test_the_page_of_a_package_for_a_framework_has_all_that_it_offers(page):
    module = loaded.load(page)
    values = {name: getattr(module, name) for name in module.__all__}
    kinds = {name for name, value in values.items() if inspect.isroutine(value)}
    kinds |= {name for name, value in values.items() if inspect.isclass(value)}
    assert kinds
    assert set(signatures.public(module)) == kinds
    assert not {"torch", "jax", "flax", "keras", "lightning"} & set(sys.modules)


def test_every_page_describes_a_module_and_says_which():
    written = {path.stem: path.read_text("utf-8") for path in (ROOT / "reference/api").glob("*.md")}
    assert sorted(written) == sorted(PAGES)
    for name, text in written.items():
        assert text == f"# `netinit.{name}`\n\n```{{api}} netinit.{name}\n```\n"


def test_what_the_package_offers_is_documented():
    known = documented()
    offered = [getattr(netinit, name) for name in netinit.__all__]
    functions = [value for value in offered if inspect.isfunction(value) or inspect.isclass(value)]
    assert functions
    assert [f for f in functions if not any(f is other for other in known)] == []


def test_everything_on_a_page_has_a_docstring():
    assert [value for value in documented() if not inspect.getdoc(value)] == []


# Signatures and docstrings ------------------------------------------------------------------


def example(shape, *rest, first: int = 1, rng: "netinit.network.Seed", **options) -> list[int]:
    """Nothing."""


class Made:
    """Something."""

    def __init__(self, size: int, *, deep=False) -> None:
        """Nothing."""

    @property
    def depth(self) -> int:
        """A number."""


def test_a_long_signature_takes_a_line_for_each_argument():
    assert signatures.signature(example, "example").splitlines() == [
        "example(",
        "    shape,",
        "    *rest,",
        "    first: int = 1,",
        "    rng: 'netinit.network.Seed',",
        "    **options,",
        ") -> list[int]",
    ]


def test_a_short_signature_is_one_line_and_leaves_self_out():
    assert signatures.signature(Made, "Made") == "Made(size: int, *, deep=False)"
    assert signatures.signature(vars(Made)["depth"], "depth") == "depth"
    assert signatures.members(Made) == ["depth"]


@pytest.mark.parametrize(
    ("name", "signature"),
    [
        ("initializers.fans:Fans", "Fans(fan_in"),
        ("network.mlp:MLP", "MLP("),
        ("initializers.registry:get", "get(initializer"),
    ],
)
def test_signatures_of_the_package_read_as_its_source(name, signature):
    module, _, attribute = name.partition(":")
    value = getattr(importlib.import_module(f"netinit.{module}"), attribute)
    assert signatures.signature(value, attribute).startswith(signature)


def test_a_bare_example_below_a_list_gets_its_heading():
    text = "Sum.\n\nParameters\n----------\nx : int\n    A.\n\n>>> 1\n1"
    assert "\nExamples\n--------\n>>> 1" in signatures.headed(text)
    for as_it_was in ("Sum.\n\n>>> 1\n1", signatures.headed(text)):
        assert signatures.headed(as_it_was) == as_it_was


def test_words_and_examples_are_told_apart():
    lines = ["Words", "of two lines.", "", ">>> 1", "1", "", "More."]
    found = list(signatures.paragraphs(lines))
    assert found == [(False, "Words\nof two lines."), (True, ">>> 1\n1"), (False, "More.")]


# Links --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "text", "target"),
    [
        ("api/theory.moments", "he_normal", ("reference/api/initializers.scaling", "he_normal")),
        ("api/losses", "kaiming_normal", ("reference/api/initializers.scaling", "he_normal")),
        ("api/losses", "netinit.fans((2, 3))", ("reference/api/initializers.fans", "fans")),
        ("api/theory.moments", "chi", ("reference/api/theory.moments", "chi")),
        ("chooser", "moments.chi", ("reference/api/theory.moments", "chi")),
        ("chooser", "network.MLP", ("reference/api/network.mlp", "MLP")),
        ("chooser", "chi", None),
        ("api/initializers.fans", "mean", None),
        ("api/initializers.fans", "in_axis", None),
        ("api/initializers.fans", "(fan_out, fan_in)", None),
    ],
)
def test_a_name_leads_to_its_section(page, text, target):
    at = names.Names.__new__(names.Names)
    environment = SimpleNamespace(srcdir=str(ROOT), docname=f"reference/{page}")
    at.document = SimpleNamespace(settings=SimpleNamespace(env=environment))
    assert at.target(text) == target


def test_a_name_in_the_words_of_a_link_is_not_linked_again():
    document = new_document("")
    xref = addnodes.pending_xref("", nodes.inline("", "", nodes.literal("", "netinit.normal")))
    document += nodes.paragraph("", "", xref, nodes.literal("", "netinit.normal"))
    builder = SimpleNamespace(get_relative_uri=lambda source, target: target)
    document.settings.language_code = "en"
    document.settings.env = SimpleNamespace(
        srcdir=str(ROOT), docname="reference/glue", app=SimpleNamespace(builder=builder)
    )
    names.Names(document).apply()
    (link,) = document.findall(nodes.reference)
    assert link.parent is document[0]


@pytest.mark.parametrize(
    ("page", "name", "called"),
    [
        ("initializers.scaling", "zeros", "initializers.zeros"),
        ("theory.moments", "chi", "moments.chi"),
        ("network.layers", "Dense", "layers.Dense"),
        ("losses", "accuracy", "losses.accuracy"),
    ],
)
def test_a_name_is_listed_as_it_is_imported(page, name, called):
    assert names.called(page, name) == called


@pytest.mark.parametrize(
    ("sentence", "coded"),
    [
        ("As he_normal.", "As `he_normal`."),
        ("With mode='fan_out' backward.", "With `mode='fan_out'` backward."),
        ("Here variance_scaling(scale=2.0).", "Here `variance_scaling(scale=2.0)`."),
        ("A normal with std 2.", "A normal with std 2."),
    ],
)
def test_the_code_in_a_sentence_of_the_catalogue_is_marked(sentence, coded):
    assert schemes.coded(sentence) == coded


def test_every_kind_of_the_catalogue_has_a_heading():
    assert {scheme.kind for scheme in netinit.catalogue()} == set(schemes.KINDS)


# Decisions ----------------------------------------------------------------------------------


def shown_tables(path):
    """The tables that a notebook's cells show, and the prose around them."""
    notebook = parse(path.stem, json.loads(path.read_text("utf-8")))
    prose = "\n".join(cell.source for cell in notebook.prose())
    shown = [
        joined(output["data"]["text/markdown"])
        for cell in notebook.code()
        for output in cell.outputs
        if "text/markdown" in output.get("data", {}) and not (cell.quizzes() or cell.figures())
    ]
    return prose, shown


def test_chapter_8_holds_no_table_of_its_own():
    """It shows `netinit.advice`, as the chooser does, so that they cannot drift apart."""
    prose, shown = shown_tables(ROOT / "chapters/08_best_practice.ipynb")
    assert not re.search(r"^\| *[-:]+ *\|", prose, re.MULTILINE)
    assert shown == [advice.decision_table(kind) for kind in ("activation", "architecture")]


def test_the_chooser_shows_every_decision_table():
    prose, shown = shown_tables(ROOT / "reference/chooser.ipynb")
    assert not re.search(r"^\| *[-:]+ *\|", prose, re.MULTILINE)
    references = "../chapters/references.md"
    tables = [advice.decision_table(kind, references=references) for kind in advice.KINDS]
    assert shown == tables


def test_the_chooser_starts_with_the_explorer_of_every_network_and_then_of_every_layer():
    networks, layers = chooser.choose_network(), chooser.choose_layer()
    assert list(networks.selection) == ["architecture", "activation", "framework"]
    for architecture in advice.architectures():
        for framework in advice.FRAMEWORKS:
            said = advice.advise(architecture, "gelu", framework)
            frame = networks.frame(
                architecture=architecture, activation="gelu", framework=framework
            )
            assert frame["code"].item() == said.code
            assert frame["where"].item() == said.condition
    for layer in advice.layers():
        frame = layers.frame(layer=layer, framework="nnx")
        assert frame["code"].item() == advice.advise_layer(layer, "nnx").code
    path = ROOT / "reference/chooser.ipynb"
    page = parse(path.stem, json.loads(path.read_text("utf-8")))
    first, second = (cell for cell in page.code() if cell.figures())
    assert first == page.code()[0]
    assert "choose_network()" in first.source
    assert "choose_layer()" in second.source


# The contents -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("open_page", "shown"),
    [("index", []), ("a", []), ("ref", ["one", "two"]), ("two", ["one", "two"])],
)
def test_pages_below_another_are_listed_while_one_of_them_is_open(open_page, shown):
    from docutils import nodes

    titles = {name: nodes.title("", name) for name in ("index", "a", "ref", "one", "two")}
    includes = {"index": ["a", "ref"], "ref": ["one", "two"]}
    env = SimpleNamespace(titles=titles, toctree_includes=includes)
    app = SimpleNamespace(config=SimpleNamespace(root_doc="index"), env=env)
    found = {entry["page"]: entry["pages"] for entry in pages.chapters(app, open_page)}
    assert list(found) == ["index", "a", "ref"]
    assert [entry["page"] for entry in found.pop("ref")] == shown
    assert not any(found.values())


# Notebooks of the reference keep the rules of chapters that concern them ----------------------

NOTEBOOKS = [
    parse(path.stem, json.loads(path.read_text("utf-8")))
    for path in sorted((ROOT / "reference").glob("*.ipynb"))
]
RULES = [rule for rule in (*rules.RULES, numbers_are_backed) if rule not in rules.OF_CHAPTERS]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.name)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_notebook_of_the_reference_keeps_the_rule(rule, notebook):
    assert rule(notebook) == []


def test_the_links_of_the_reference_lead_somewhere():
    for path in [*(ROOT / "reference").glob("*.md"), *(ROOT / "reference").glob("*.ipynb")]:
        text = path.read_text("utf-8")
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if not target.startswith("https://"):
                assert (path.parent / target.partition("#")[0]).is_file(), f"{path.name}: {target}"


@pytest.mark.parametrize("page", ["chapters/08_best_practice.ipynb", "reference/chooser.ipynb"])
def test_displayed_tables_with_links_are_read_as_myst(page):
    """Without the mark of its cell, a link in a displayed table would stay a file's name."""
    cells = json.loads((ROOT / page).read_text("utf-8"))["cells"]
    linking = [c for c in cells if "references.md#" in json.dumps(c.get("outputs", []))]
    assert linking
    for cell in linking:
        assert cell["metadata"].get("mystnb") == {"markdown_format": "myst"}, cell["source"]


def test_each_number_that_is_looked_up_is_what_its_call_returns():
    text = (ROOT / "reference" / "index.md").read_text("utf8")
    rows = re.findall(
        r"^\| .* \| `(.*)` \| (\S+) \| \[(\w+)\]\(api/(\S+)\.md\) \|$", text, re.MULTILINE
    )
    assert len(rows) >= 12
    for call, value, module, page in rows:
        assert page == f"theory.{module}"
        assert page in PAGES
        found = eval(call, {module: importlib.import_module(f"netinit.{page}")})
        assert f"{float(found):.4g}" == value, call
