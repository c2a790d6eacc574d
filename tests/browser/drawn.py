"""Static pages with Explorers in them, and reading back what is drawn."""

import functools
import http.server
import json
import re
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from ipywidgets.embed import dependency_state, embed_data

import netinit.widgets
from netinit.widgets import Choice, Explorer, Histogram, Line, Lines, Number, Numbers, Play, Range
from netinit.widgets.formatting import number

ASSETS = Path(netinit.widgets.__file__).parent
STEPS = np.arange(0, 50, 10)
SCHEMES = ["zeros", "too small", "too large", "Xavier", "He", "orthogonal"]
WAIT = 60_000  # ms, after which a page is taken to hang, however busy the machine

READ = """() => [...document.querySelectorAll('.ni-explorer')].map((root) => ({
  drawings: [...root.querySelectorAll('svg[data-axes]')].map((svg) => ({
    axes: JSON.parse(svg.dataset.axes),
    label: svg.getAttribute('aria-label'),
    marks: [...svg.querySelectorAll('[data-key], [data-band], [data-tail]')].map((mark) =>
      ({...mark.dataset, d: mark.getAttribute('d'), fill: mark.getAttribute('fill')})),
  })),
  numbers: [...root.querySelectorAll('dd')].map((dd) => [dd.dataset.key, dd.textContent]),
  notes: root.querySelector('.ni-notes').textContent,
  drawn: Number(root.dataset.drawn),
}))"""


def frame_of(activation, scheme, depth, scale):
    layers = np.arange(1, depth + 1)
    factor = {"tanh": 0.9, "ReLU": 0.5}[activation] * scale**2
    signal = factor**layers * (1 + SCHEMES.index(scheme) / 10)
    loss = np.exp(-STEPS / 30)[:, None] * np.linspace(1, 2, 7)
    loss[2, 3] = np.nan
    bars = np.exp(-(np.linspace(-2, 2, 12) ** 2) / factor) * np.array([[1], [0.4], [12]])
    return {
        "signal": signal,
        "low": signal / 2,
        "high": signal * 2,
        "theory": factor**layers,
        "loss": loss,
        "loss_x": np.linspace(0, 3, 7),
        "bars": np.stack([bars * (1 + i) for i in range(len(STEPS))]),
        "rows": np.array([1, 5, 20]),
        "last": signal[-1],
        "share": np.array(0.25 + scale / 10),
    }


def every_kind() -> Explorer:
    """Explorer with every kind of panel and control."""
    return Explorer(
        frame_of,
        panels=[
            Lines(
                [
                    Line("signal", label="measured", band=("low", "high")),
                    Line("theory", label="predicted", theory=True),
                ],
                y_scale="log",
                y_limits=(1e-6, 1e6),
                y_label="second moment",
                reference=1,
            ),
            Lines("loss", x="loss_x", x_label="time", y_label="loss"),
            Histogram("bars", limits=(-2, 2), rows="rows", x_label="value"),
            Numbers([Number("last", label="at the end"), Number("share", format=".1%")]),
        ],
        title="Everything",
        activation=["tanh", "ReLU"],
        scheme=Choice(SCHEMES, start="He"),
        depth=[5, 20],
        scale=Range(np.linspace(0.5, 3, 11), format=".2f", start=1.0),
        step=Play(STEPS, keys=["loss", "bars"], label="training step"),
    )


def write_page(folder, *views, theme="light", extra=""):
    """Static page with the views' state, in the form notebooks are rendered to."""
    data = embed_data(views, state=dependency_state(views, drop_defaults=False))
    state = json.dumps(data["manager_state"]).replace("</", "<\\/")
    view = '<script type="application/vnd.jupyter.widget-view+json">{}</script>'
    cells = "".join(
        f'<div class="cell_output">{view.format(json.dumps(spec))}{extra}</div>'
        for spec in data["view_specs"]
    )
    (folder / "host.js").write_text((ASSETS / "host.js").read_text("utf8"), "utf8")
    page = folder / "page.html"
    page.write_text(
        f'<!doctype html><html lang="en" data-theme="{theme}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Page</title>'
        "<style>body { margin: 16px; font: 16px sans-serif }"
        "[data-theme=dark] body { background: #121212; color: #ddd }</style>"
        f'<script type="application/vnd.jupyter.widget-state+json">{state}</script>'
        f'<body><main><h1>Page</h1>{cells}</main><script defer src="host.js"></script></body>',
        "utf8",
    )
    return page


def visits(browser):
    """Yield a function that opens a page; nothing outside may be asked for, nothing complain."""
    contexts, troubles = [], []

    def open_(url, *, quiet=True, **options):
        context = browser.new_context(viewport={"width": 900, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        home = str(url).rsplit("/", 1)[0]

        def watch(route):
            inside = route.request.url.startswith((home, "blob:", "data:"))
            if not inside and not route.request.url.endswith("favicon.ico"):
                troubles.append(route.request.url)
            route.continue_() if inside else route.abort()

        page.route("**/*", watch)
        if quiet:
            page.on("pageerror", lambda error: troubles.append(str(error)))
            page.on(
                "console",
                lambda said: (
                    troubles.append(said.text)
                    if said.type == "error" and "favicon" not in said.location["url"]
                    else None
                ),
            )
        page.goto(str(url))
        page.wait_for_function("performance.getEntriesByName('ni-host-done').length")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert troubles == []


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder):
    """Address of a local web server over ``folder``."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def points(d):
    return [tuple(map(float, p)) for p in re.findall(r"[ML](-?[\d.]+),(-?[\d.]+)", d)]


def undone(pixel, axis):
    (low, high), (start, end) = axis["from"], axis["to"]
    return low + (pixel - start) / (end - start) * (high - low)


def check_curve(mark, axes, at, values):
    """Every vertex lies on the frame's value, and every value on the axis has its vertex."""
    low, high = axes["y"]["from"]
    shown = np.log10(values) if axes["log"] else np.asarray(values)
    fine = 0.02 * (high - low) / abs(np.subtract(*axes["y"]["to"]))
    seen = set()
    for px, py in points(mark["d"]):
        i = int(np.argmin(np.abs(at - undone(px, axes["x"]))))
        assert undone(py, axes["y"]) == pytest.approx(shown[i], abs=fine)
        seen.add(i)
    inside = (shown > low) & (shown < high)
    assert set(np.flatnonzero(inside)) <= seen


def check_band(mark, axes, values_low, values_high):
    low, high = axes["y"]["from"]
    fine = 0.02 * (high - low) / abs(np.subtract(*axes["y"]["to"]))
    expected = np.concatenate([np.log10(values_high), np.log10(values_low)[::-1]])
    drawn = [undone(py, axes["y"]) for _, py in points(mark["d"])]
    assert np.allclose(drawn, expected, atol=fine)


def check_bars(mark, axes, rows):
    row = rows[int(mark["row"])]
    tops = re.findall(r"M(-?[\d.]+),-?[\d.]+V(-?[\d.]+)H", mark["d"])
    heights = [(float(mark["base"]) - float(y)) / float(mark["unit"]) for _, y in tops]
    expected = np.minimum(row[row > 0], axes["top"])
    assert np.allclose(heights, expected, atol=0.011 / float(mark["unit"]))


def on_axis(values, log):
    with np.errstate(divide="ignore"):
        return np.log10(values) if log else np.asarray(values, float)


def mixed(stops, part):
    """Colour between the stops of a scale, as it is written in the page."""
    channels = [[int(stop[i : i + 2], 16) for stop in stops] for i in (1, 3, 5)]
    at = np.linspace(0, 1, len(stops))
    return np.array([np.interp(part, at, channel) for channel in channels])


def check_cells(drawing, panel, values):
    """Every cell has the color of its value, and none but missing values has none."""
    axes, levels = drawing["axes"], np.full(values.shape, np.nan)
    low, high = axes["range"]
    for mark in drawing["marks"]:
        color = np.array([int(c) for c in re.findall(r"\d+", mark["fill"])])
        assert np.abs(color - mixed(panel["stops"], int(mark["level"]) / axes["levels"])).max() < 1
        corners = re.findall(r"M([\d.]+),([\d.]+)H([\d.]+)V([\d.]+)H", mark["d"])
        for x0, y0, x1, y1 in np.array(corners, float):
            column, row = undone((x0 + x1) / 2, axes["x"]), undone((y0 + y1) / 2, axes["y"])
            assert np.isnan(levels[int(row), int(column)])
            levels[int(row), int(column)] = int(mark["level"])
    part = (np.clip(on_axis(values, axes["log"]), low, high) - low) / (high - low)
    assert np.array_equal(np.isnan(levels), np.isnan(values))
    assert np.nanmax(np.abs(levels - axes["levels"] * part)) < 0.51


# Where the outline of a role's marker starts, seen from its middle.
STARTS = {"forward": (-3, 0), "backward": (-2.7, -2.7), "focus": (0, -3.6), "other": (0, -3.8)}


def check_points(mark, axes, at_x, at_y):
    """Every known point has its marker, in its place or on the edge nearest to it."""
    start = STARTS.get(mark["role"], (-3, 0))
    begun = re.findall(r"M(-?[\d.]+),(-?[\d.]+)", mark["d"])
    check_places(np.array(begun, float) - start, axes, at_x, at_y)


def check_tails(mark, axes, all_x, all_y):
    """Tails run through every frame so far, point by point."""
    check_places(points(mark["d"]), axes, np.ravel(all_x, "F"), np.ravel(all_y, "F"))


def check_places(placed, axes, at_x, at_y):
    known = ~(np.isnan(at_x) | np.isnan(at_y))
    assert len(placed) == known.sum()
    for axis, values, pixels in zip("xy", (at_x, at_y), np.transpose(placed), strict=True):
        scale = axes[axis]
        shown = np.clip(on_axis(values[known], axes[f"{axis}_log"]), *scale["from"])
        fine = 0.02 * abs(np.subtract(*scale["from"]) / np.subtract(*scale["to"]))
        assert np.allclose([undone(pixel, scale) for pixel in pixels], shown, atol=fine)


def check(drawn, frame):
    """Compare all that a view draws with a frame."""
    first, second, bars = drawn["drawings"]
    layers = np.arange(1, len(frame["signal"]) + 1)
    for mark in first["marks"]:
        if "band" in mark:
            check_band(mark, first["axes"], frame["low"], frame["high"])
        else:
            check_curve(mark, first["axes"], layers, frame[mark["key"]])
    check_curve(second["marks"][0], second["axes"], frame["loss_x"], frame["loss"])
    assert len(bars["marks"]) == 3
    for mark in bars["marks"]:
        check_bars(mark, bars["axes"], frame["bars"])
    assert drawn["numbers"] == [
        ["last", number(float(frame["last"]))],
        ["share", number(float(frame["share"]), ".1%")],
    ]


def settle(page, before):
    page.wait_for_function(
        f"Number(document.querySelector('.ni-explorer').dataset.drawn) > {before}", timeout=WAIT
    )
    return page.evaluate(READ)[0]


def painted(page):
    """Wait until the page has drawn all that has happened so far."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def simple(**changes):
    def powers(gain):
        return {"y": gain ** np.arange(5.0)}

    return Explorer(powers, panels=[Lines("y")], gain=[1.0, 2.0, 3.0], **changes)
