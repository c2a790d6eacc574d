"""Links such as ``[He et al., 2015](references.md#he2015)`` reach the bibliography entry.

MyST checks such a link against the headings of the other page. The bibliography's keys are
added to them, so a key that does not exist is a warning, as for any other link.
"""

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def add_keys(app: Sphinx, env: BuildEnvironment) -> None:
    """List every bibliography key among the targets of the page that shows it."""
    for citation in env.get_domain("cite").citations:
        page = citation.bibliography_key.docname
        slugs = env.metadata[page].setdefault("myst_slugs", {})
        slugs[citation.key] = (0, citation.key, citation.formatted_entry.label)


def setup(app: Sphinx) -> None:
    """Run once all pages are read."""
    app.setup_extension("sphinxcontrib.bibtex")
    app.connect("env-updated", add_keys)
