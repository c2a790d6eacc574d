"""What axe, the accessibility checker, finds on an open page."""

from axe_playwright_python.sync_playwright import Axe


def violations(page, **options: object) -> list[tuple[str, list[str]]]:
    """Return the name of each violation and where it is; ``options`` are those of ``axe.run``.

    Unless told otherwise, axe also describes each place that passes, which takes most of its time.
    """
    found = Axe().run(page, options={"resultTypes": ["violations"], **options}).response
    return [(v["id"], [node["html"][:120] for node in v["nodes"]]) for v in found["violations"]]
