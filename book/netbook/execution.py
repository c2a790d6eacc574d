"""Notebooks that must be run are run side by side, before their pages are read.

MyST-NB runs notebooks one after another, each while Sphinx reads its page. What was run here it
finds in its cache, so the pages are the same and all processors are used. A notebook that fails
here is run again by MyST-NB, which reports the error.
"""

import os
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

LOG = logging.getLogger(__name__)


def notebooks(app: Sphinx, env: BuildEnvironment, pages: list[str]) -> list[str]:
    """Paths of the pages that are notebooks and are to be run."""
    excluded = app.config.nb_execution_excludepatterns
    paths = [Path(env.doc2path(page)) for page in pages]
    return [
        str(path)
        for path in paths
        if path.suffix == ".ipynb" and not any(path.match(pattern) for pattern in excluded)
    ]


def run(app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
    """Run the notebooks, among the pages about to be read, that the cache does not have."""
    # Threads of BLAS wait for each other, which on a busy machine makes a chapter ten times slower.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    paths = notebooks(app, env, pages)
    if app.config.nb_execution_mode != "cache" or not paths:
        return
    cache = get_cache(app.config.nb_execution_cache_path)
    for path in paths:
        cache.add_nb_to_project(path)
    stale = [record.uri for record in cache.list_unexecuted(paths)]
    if len(stale) < 2:
        return
    LOG.info("running %d notebooks side by side", len(stale))
    load_executor("local-parallel", cache).run_and_cache(
        filter_uris=stale, timeout=app.config.nb_execution_timeout
    )


def setup(app: Sphinx) -> None:
    """Run them once Sphinx has found out which pages it must read."""
    app.connect("env-before-read-docs", run)
