import dataclasses
import inspect
import re

import numpy as np
import pytest
from project import ROOT

import netinit
from netinit._checks.spelling import plain
from netinit.initializers import biases, sampling, scaling, structured

SCHEMES = {scheme.name: scheme for scheme in netinit.catalogue()}
BIBLIOGRAPHY = (ROOT / "chapters" / "references.bib").read_text("utf-8")
KEYS = re.findall(r"^@\w+\{([^,]+),", BIBLIOGRAPHY, re.MULTILINE)
# The common form of the schemes that have one; its name is that of the frameworks.
WITHOUT_SOURCE = "variance_scaling"
# Names and a year, as in "He et al., 2015", "Box and Muller (1958)" or "Derrida, 1981".
NAME = r"(?:[Vv]an )?[A-Z][\w-]+"
NAMED = re.compile(
    rf"({NAME})(?: et al\.|(?:, {NAME})* (?:and|&) {NAME})?(?:, | \()((?:19|20)\d\d)\b"
)
# The sources whose key is not that of the first author and the year.
OTHER_KEYS = {"Zhang and Sennrich": "zhang2019rms", "Zhang & Sennrich": "zhang2019rms"}
KINDS = ["draw", "scaling", "structure", "bias", "data"]


def test_every_initializer_of_the_package_has_a_record_and_can_be_had_by_name():
    modules = (scaling, sampling, structured, biases)
    defined = {name for module in modules for name in module.__all__} - {"truncated_std"}
    assert defined == set(netinit.names())
    assert len(SCHEMES) == len(netinit.catalogue())
    for module in modules:
        taking = [n for n, f in vars(module).items() if n[0] != "_" and takes_a_shape(f)]
        own = {n for n in taking if getattr(module, n).__module__ == module.__name__}
        assert own <= set(module.__all__)


def takes_a_shape(function):
    return inspect.isfunction(function) and "shape" in inspect.signature(function).parameters


def test_no_two_schemes_share_a_spelling():
    spellings = [
        plain(name)
        for scheme in SCHEMES.values()
        for name in (scheme.name, *scheme.aliases, *scheme.elsewhere)
    ]
    assert len(set(spellings)) == len(spellings)
    for scheme in SCHEMES.values():
        assert not set(scheme.elsewhere) & set(netinit.names())


def test_every_scheme_and_each_of_its_names_is_one_function_of_the_package():
    for scheme in SCHEMES.values():
        function = getattr(netinit, scheme.name)
        assert function.__name__ == scheme.name
        assert all(getattr(netinit, alias) is function for alias in scheme.aliases)


def test_schemes_come_kind_by_kind():
    kinds = [scheme.kind for scheme in SCHEMES.values()]
    assert kinds == sorted(kinds, key=KINDS.index)


def test_every_reference_is_in_the_book_and_its_citation_says_the_same():
    for scheme in SCHEMES.values():
        cited = scheme.kind != "draw" and scheme.name != WITHOUT_SOURCE
        assert bool(scheme.reference) == bool(scheme.citation) == cited
        if scheme.reference:
            assert scheme.reference in KEYS
            author, year = re.match(r"([a-z]+)(\d{4})$", scheme.reference).groups()
            assert scheme.citation.lower().startswith(author)
            assert year in scheme.citation


def test_a_docstring_cites_what_the_catalogue_cites():
    for scheme in SCHEMES.values():
        if scheme.reference:
            years = re.findall(r"\d{4}", scheme.citation)
            assert years
            assert all(year in getattr(netinit, scheme.name).__doc__ for year in years)


def keys_named(text):
    """The keys of the sources that a text names by author and year."""
    for source in NAMED.finditer(re.sub(r"\s*\\?\n\s*(?:# )?", " ", text)):
        other = [key for names, key in OTHER_KEYS.items() if source[0].startswith(names)]
        yield other[0] if other else re.sub("^van ", "", source[1].lower()) + source[2]


def test_the_names_and_the_year_of_a_source_give_its_key():
    said = """A ramp (He et al., 2015; van Laarhoven, 2017), after Schreiber and Van
    # Loan (1989), Jacot, Gabriel and Hongler, 2018, and Zhang \\
    and Sennrich (2019). In 2020 it was no longer new; Geman (1980) is older."""
    expected = "he2015 laarhoven2017 schreiber1989 jacot2018 zhang2019rms geman1980"
    assert list(keys_named(said)) == expected.split()


def test_every_source_that_the_package_names_is_in_the_book():
    files = [path for end in ("py", "toml") for path in (ROOT / "netinit").rglob(f"*.{end}")]
    named = {key for path in files for key in keys_named(path.read_text("utf-8"))}
    assert {"derrida1981", "shepherd1981", "schreiber1989", "wang2024"} <= named
    assert not named - set(KEYS)


def test_the_bibliography_is_in_order_and_names_each_work_once():
    assert sorted(set(KEYS)) == KEYS


def test_every_scheme_says_its_law_and_what_it_assumes_in_one_line_each():
    for scheme in SCHEMES.values():
        assert scheme.formula
        assert scheme.latex
        assert scheme.assumption.endswith(".")
        assert not scheme.beware or scheme.beware.endswith(".")
        for field in dataclasses.fields(scheme):
            assert "\n" not in str(getattr(scheme, field.name))
        assert not re.search(r"\\|\$", scheme.formula)
        assert scheme.latex.count("{") == scheme.latex.count("}")


@pytest.mark.parametrize("name", [n for n, s in SCHEMES.items() if "truncated at 2" in s.beware])
def test_the_truncated_twin_that_a_scheme_names_has_its_variance(name):
    call = re.search(r"variance_scaling\((.*)\)", SCHEMES[name].beware)[1]
    options = dict(re.findall(r"(\w+)='?([\w.]+)'?", call))
    options = {key: float(v) if v[0].isdigit() else v for key, v in options.items()}
    twin = netinit.variance_scaling((800, 300), rng=0, **options)
    assert twin.std() == pytest.approx(getattr(netinit, name)((800, 300), rng=0).std(), rel=0.01)
    assert np.abs(twin).max() < 2.28 * twin.std()


def test_a_record_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        SCHEMES["zeros"].name = "ones"
    with pytest.raises(AttributeError):
        netinit.catalogue().append(SCHEMES["zeros"])
