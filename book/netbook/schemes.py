"""``{schemes}``: every scheme of `netinit.catalogue`, its law, and its call in each framework."""

import re
from itertools import groupby

from docutils import nodes
from sphinx.application import Sphinx

import netinit
from netbook import names
from netbook.api import Written

KINDS = {
    "draw": "Plain draws",
    "scaling": "Scaled by the fans",
    "structure": "Matrices with a structure",
    "bias": "Biases",
    "data": "Schemes that need data",
}
FRAMEWORKS = {"PyTorch": "pytorch", "Keras": "keras", "JAX": "jax"}
# Words of a sentence that are code: a call, an argument, a name with an underscore.
CODE = re.compile(r"\b\w+='[^']*'|\b(?!\d)\w*_\w*(?:\([^()]*\))?")


class Schemes(Written):
    """One section per kind, and in it one section per scheme."""

    def run(self) -> list[nodes.Node]:
        """Walk the catalogue."""
        found = []
        for kind, schemes in groupby(netinit.catalogue(), key=lambda scheme: scheme.kind):
            section = nodes.section("", nodes.title("", KINDS[kind]), ids=[f"kind-{kind}"])
            section += [self.scheme(scheme) for scheme in schemes]
            found.append(section)
        return found

    def scheme(self, scheme: netinit.Scheme) -> nodes.section:
        """Name, law, assumption, source, and the calls."""
        title = nodes.title("", "", nodes.literal("", scheme.name))
        section = nodes.section("", title, ids=[scheme.name])
        names.remember(self.env, scheme.name)
        others = " and ".join(f"`{alias}`" for alias in scheme.aliases)
        also = f" Also called {others}." if others else ""
        source = f" [{scheme.citation}](/chapters/references.md#{scheme.reference})."
        words = f"{coded(scheme.assumption)}{source if scheme.reference else ''}{also}"
        section += self.markdown(f"$$ {scheme.latex} $$\n\n{words}")
        section += self.calls(scheme)
        return section

    def calls(self, scheme: netinit.Scheme) -> nodes.definition_list:
        """The call in each framework that has one, and what to beware of."""
        lines = {"netinit": f"`netinit.{scheme.name}`"}
        for framework, field in FRAMEWORKS.items():
            call = getattr(scheme, field)
            lines[framework] = f"`{call}`" if call else "none"
        if scheme.beware:
            lines["Beware"] = coded(scheme.beware)
        made = nodes.definition_list(classes=["calls"])
        for word, said in lines.items():
            definition = nodes.definition("", *self.markdown(said))
            made += nodes.definition_list_item("", nodes.term("", word), definition)
        return made


def coded(sentence: str) -> str:
    """`sentence` with its code in backticks.

    >>> coded("As he_normal, with mode='fan_out' backward.")
    "As `he_normal`, with `mode='fan_out'` backward."
    """
    return CODE.sub(lambda found: f"`{found[0]}`", sentence)


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("schemes", Schemes)
