"""One colour system and one look for every figure. Contrast of text is at least 4.5 to 1 on white."""

from __future__ import annotations

# Plotly asks for it when it is first needed, and then finds half of it where two viewers come at once.
import pandas  # noqa: F401
import plotly.graph_objects as go
import plotly.io as pio

INK = "#1c2333"
MUTED = "#5b6472"
LINE = "#e3e7ee"
PAPER = "#ffffff"
MAIN = "#2456c9"
SECOND = "#0d8a80"
THIRD = "#b3541e"
FOURTH = "#7a4bb0"
FIFTH = "#8a6d00"
SIXTH = "#c03a6b"
BEFORE = "#a9b4c6"
GOOD = "#1a7f4b"
WARN = "#b7791f"
BAD = "#c0362c"
SHADE = "rgba(91, 100, 114, 0.12)"
SERIES = [MAIN, SECOND, THIRD, FOURTH, FIFTH, SIXTH, "#4a7ea8", "#6b7a2a", "#9a5b8f", "#55606e"]
SCALE = [[0, "#eef3fc"], [0.25, "#c3d5f5"], [0.5, "#86a9e8"], [0.75, "#4678d6"], [1, "#173f9c"]]
PRIORITY = {"red": BAD, "yellow": WARN, "green": GOOD}
# Segments have one colour wherever they stand.
SEGMENTS = {
    "High": GOOD,
    "Medium": MAIN,
    "Low": BEFORE,
    "At Risk": BAD,
    "VIP": GOOD,
    "Converter-to-be": MAIN,
    "At-risk VIP": BAD,
    "Dormant": BEFORE,
    "Active": GOOD,
    "Browsing Only": MAIN,
    "Not Active": BEFORE,
    "Champions": GOOD,
    "Loyal": "#4f9e6f",
    "Potential Loyalists": SECOND,
    "Promising": MAIN,
    "New Customers": "#5f8ae0",
    "Need Attention": WARN,
    "About To Sleep": FIFTH,
    "Cannot Lose Them": THIRD,
    "Hibernating": "#8491a5",
    "Lost": "#55606e",
    "No Orders": BEFORE,
    "New": "#5f8ae0",
}
FONT = "Inter, 'Segoe UI', system-ui, -apple-system, 'Helvetica Neue', Arial, sans-serif"
HEIGHT = 320

pio.templates["footfall"] = go.layout.Template(
    layout={
        "font": {"family": FONT, "size": 13, "color": INK},
        "colorway": SERIES,
        "paper_bgcolor": PAPER,
        "plot_bgcolor": PAPER,
        "height": HEIGHT,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "xaxis": {
            "gridcolor": LINE,
            "linecolor": LINE,
            "zeroline": False,
            "automargin": True,
            "title": {"standoff": 8},
        },
        "yaxis": {
            "gridcolor": LINE,
            "linecolor": LINE,
            "zeroline": False,
            "automargin": True,
            "title": {"standoff": 8},
        },
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": {"text": ""}},
        "hoverlabel": {"bgcolor": PAPER, "bordercolor": LINE, "font": {"family": FONT, "color": INK}},
        "hovermode": "closest",
        "bargap": 0.25,
        "colorscale": {"sequential": SCALE},
    }
)
pio.templates.default = "footfall"
