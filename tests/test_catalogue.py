import dataclasses
import re

import numpy as np
import pytest
from project import ROOT

import netinit

SCHEMES = {scheme.name: scheme for scheme in netinit.catalogue()}
BIBLIOGRAPHY = (ROOT / "chapters" / "references.bib").read_text("utf-8")
KEYS = re.findall(r"^@\w+\{([^,]+),", BIBLIOGRAPHY, re.MULTILINE)
KINDS = ["draw", "scaling", "structure", "bias", "data"]


def test_the_catalogue_and_the_registry_have_the_same_names():
    listed = [
        name
        for scheme in SCHEMES.values()
        if scheme.kind != "data"
        for name in (scheme.name, *scheme.aliases)
    ]
    assert sorted(listed) == sorted(netinit.names())
    assert len(SCHEMES) == len(netinit.catalogue())


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
        assert bool(scheme.reference) == bool(scheme.citation) == (scheme.kind != "draw")
        if scheme.reference:
            assert scheme.reference in KEYS
            author, year = re.match(r"([a-z]+)(\d{4})$", scheme.reference).groups()
            assert scheme.citation.lower().startswith(author)
            assert year in scheme.citation


def test_a_docstring_cites_what_the_catalogue_cites():
    for scheme in SCHEMES.values():
        if scheme.reference and scheme.name != "variance_scaling":
            years = re.findall(r"\d{4}", scheme.citation)
            assert years
            assert all(year in getattr(netinit, scheme.name).__doc__ for year in years)


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
