"""Charts as inline SVG whose colours follow the page, light or dark.

Matplotlib draws with stand-in colours; `_finish` turns them into CSS variables that the page defines. No
pyplot, so no global figure state.
"""

import html
import io
import re
from collections.abc import Callable

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, MUTED, GRID, GOOD, BAD, SECOND = "#010203", "#020304", "#030405", "#040506", "#050607", "#060708"
_VARIABLES = {INK: "ink", MUTED: "muted", GRID: "grid", GOOD: "good", BAD: "bad", SECOND: "second"}
_STYLE = {
    "svg.fonttype": "none",
    "font.size": 9.0,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": GRID,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.linewidth": 0.8,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
}
WIDTH_IN, HEIGHT_IN = 5.6, 2.75


def chart(
    draw: Callable[[Axes], None], key: str, label: str, height_in: float = HEIGHT_IN, width_in: float = WIDTH_IN
) -> str:
    """What `draw` draws, as SVG text for a page; `key` makes its ids unique, `label` is read out."""
    style = _STYLE | {"svg.hashsalt": key, "svg.id": None}
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(width_in, height_in), layout="constrained")
        figure.patch.set_alpha(0.0)
        axes = figure.add_subplot()
        axes.patch.set_alpha(0.0)
        draw(axes)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return _finish(out.getvalue(), key, label)


def _finish(svg: str, key: str, label: str) -> str:
    """Make Matplotlib's SVG part of a page: page colours and fonts, ids of its own, no addresses."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    view = re.search(r'viewBox="[^"]*"', svg)
    assert view is not None, "Matplotlib's SVG always has a view box"
    svg = re.sub(r"<svg[^>]*>", f'<svg {view[0]} role="img" aria-label="{html.escape(label)}">', svg, count=1)
    svg = svg.replace("xlink:href", "href")
    mark = re.sub(r"[^A-Za-z0-9]+", "-", key)
    svg = re.sub(r'\bid="([^"]*)"', rf'id="{mark}-\1"', svg)
    svg = re.sub(r'(url\(|href=")#', rf"\1#{mark}-", svg)
    # only the size of a font stays, the family is the page's; Matplotlib writes it in one of two ways
    svg = re.sub(r"font: (?:[a-z0-9]+ )*?([\d.]+px) [^;\"]*", r"font-size: \1", svg)
    svg = re.sub(r"font-family: [^;\"]*;? ?", "", svg)
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)
    for colour, name in _VARIABLES.items():
        svg = svg.replace(colour, f"var(--{name})")
    return svg
