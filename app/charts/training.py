"""pass@1 and pass@k, and what a trainer logged, against the step of a training."""

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from app.analysis.wording import amount
from app.charts.band import band_area
from app.charts.legend import legend_below
from app.charts.style import Style, laid_out, span, style
from app.charts.wrapping import shortened, top_margin, wrapped

STEP_HOVER = (
    "<b>%{text}</b><br>step %{x}: pass@%{customdata[1]} = %{y:.4f}<br>band %{customdata[2]}"
    "<br>%{customdata[3]}<extra></extra>"
)
LOG_HOVER = "<b>%{text}</b><br>step %{x}: %{y:.4g}<extra></extra>"
NAMES = {
    "reward": "reward", "response_length": "response length, tokens", "entropy": "entropy, nats",
}  # fmt: skip
PANEL = 270  # pixels


def steps_chart(points: pl.DataFrame, ks: str, bands: str) -> go.Figure:
    """pass@1 and, below it, pass@k of each training against the step, with bands.

    `points` has the columns of app.analysis.training.STEPS; `ks` says k, `bands` what band. Hollow
    marks: the band is not reliable. customdata: run, k, band, n and problems.
    """
    lines = series_styles(points)
    titles = ["pass@1", f"pass@k, k = {ks}"]
    figure = make_subplots(2, 1, shared_xaxes=True, subplot_titles=titles, vertical_spacing=0.1)
    for place, measure in enumerate(("pass@1", "pass@k"), 1):
        for name, drawn in lines.items():
            mine = (pl.col("series") == name) & (pl.col("measure") == measure)
            rows = points.filter(mine).sort("step")
            alpha = 0.14 if len(lines) < 3 else 0.06  # where many bands lie over one another
            traces = [
                band_area(rows, "step", drawn.colour, name, alpha),
                step_line(rows, name, drawn, place > 1),
            ]
            figure.add_traces(traces, [place] * 2, [1] * 2)
        figure.add_trace(
            base_marks(points.filter(pl.col("measure") == measure), place > 1), place, 1
        )
    said = wrapped(f"{subtitle(points)}; {bands}")
    laid_out(figure, "pass@1 and pass@k in the course of training", said, "", "")
    figure.update_xaxes(title_text="training step", row=2)
    figure.update_yaxes(tickformat=".0%")
    figure.update_annotations(font_size=13)
    legend_below(figure, ["base, step 0", *lines])
    top = top_margin(said) + 30
    return figure.update_layout(margin_t=top, height=2 * PANEL + top + figure.layout.margin.b)


def series_styles(points: pl.DataFrame) -> dict[str, Style]:
    """A style for each training: the colour of its role."""
    own = points.filter(pl.col("role") != "base").unique("series", maintain_order=True)
    seen: dict[str, int] = {}
    found = {}
    for name, role in own.select("series", "role").rows():
        found[name] = style(role, seen.get(role, 0))
        seen[role] = seen.get(role, 0) + 1
    return found


def step_line(rows: pl.DataFrame, name: str, drawn: Style, again: bool) -> go.Scatter:
    """One training; the mark of its base, at step 0, is left to `base_marks`."""
    # A hollow mark is larger, for the line runs through it.
    sizes = [
        0 if role == "base" else 8 if sure else 12
        for role, sure in rows.select("role", "reliable").rows()
    ]
    return go.Scatter(
        x=rows["step"].to_list(),
        y=rows["value"].fill_nan(None).to_list(),
        name=shortened(name, 44),
        text=[shortened(f"{row['model']} ({name})", 90) for row in rows.to_dicts()],
        legendgroup=name,
        showlegend=not again,
        mode="lines+markers",
        line={"color": drawn.colour, "dash": drawn.dash, "width": 2.5},
        marker={
            "symbol": marks(drawn, rows),
            "size": sizes,
            "opacity": 1,
            "line": {"width": [2 if size > 8 else 0 for size in sizes]},
        },
        customdata=[customdata(row) for row in rows.to_dicts()],
        hovertemplate=STEP_HOVER,
        connectgaps=False,
    )


def marks(drawn: Style, rows: pl.DataFrame) -> list[str]:
    """The style's mark; hollow where the band is not reliable."""
    return [drawn.symbol if sure else f"{drawn.symbol}-open" for sure in rows["reliable"]]


def base_marks(rows: pl.DataFrame, again: bool) -> go.Scatter:
    """The base runs, each once for each k, at step 0."""
    own = rows.filter(pl.col("role") == "base").unique(["run", "k", "value"], maintain_order=True)
    drawn = style("base", 0)
    return go.Scatter(
        x=own["step"].to_list(),
        y=own["value"].fill_nan(None).to_list(),
        name="base, step 0",
        text=[shortened(model, 90) for model in own["model"]],
        legendgroup="base",
        showlegend=not again,
        mode="markers",
        marker={
            "color": drawn.colour,
            "symbol": marks(drawn, own),
            "size": 10,
            "line": {"width": [0 if sure else 2 for sure in own["reliable"]]},
        },
        customdata=[customdata(row) for row in own.to_dicts()],
        hovertemplate=STEP_HOVER,
    )


def customdata(row: Mapping[str, object]) -> list[object]:
    """run, k, band, n and problems of one point."""
    low, high = row["low"], row["high"]
    band = f"{low:.3f} to {high:.3f}" if low == low else "not drawn"
    ends = (row["n_min"], row["n_max"])
    n = f"{ends[0]}" if ends[0] == ends[1] else f"{ends[0]}–{ends[1]}"
    return [row["run"], row["k"], band, f"n = {n}, {amount(int(str(row['problems'])), 'problem')}"]


def subtitle(points: pl.DataFrame) -> str:
    """How many problems, and n."""
    if points.is_empty():
        return "no checkpoints"
    ends = points.select("n_min", "n_max")
    n = said(pl.concat([ends["n_min"], ends["n_max"]]))
    return f"{problems_said(points['problems'])}, n = {n} samples each"


def problems_said(numbers: pl.Series) -> str:
    """How many problems, such as "1 problem" or "12–30 problems"."""
    return amount(1, "problem") if numbers.max() == 1 else f"{said(numbers)} problems"


def said(numbers: pl.Series) -> str:
    """One number, or the smallest and the largest."""
    return span(numbers.to_list())


def dynamics_chart(lines: pl.DataFrame) -> go.Figure:
    """Reward, response length and entropy against the step: a panel each, a line per log.

    `lines` has the columns of app.analysis.dynamics.LINES; values that were not logged are gaps.
    Published logs are thin, grey and dashed. customdata: log, step.
    """
    shown = [name for name in NAMES if name in set(lines["quantity"])]
    figure = make_subplots(
        max(len(shown), 1), 1, shared_xaxes=True, vertical_spacing=0.07,
        subplot_titles=[NAMES[name] for name in shown],
    )  # fmt: skip
    logs = lines["log"].unique(maintain_order=True).sort().to_list()
    own = [name for name in logs if not name.startswith("published: ")]
    looks = {name: style("rl", own.index(name)) if name in own else PUBLISHED for name in logs}
    named: set[str] = set()
    for place, quantity in enumerate(shown, 1):
        for name in logs:
            rows = lines.filter((pl.col("quantity") == quantity) & (pl.col("log") == name))
            if rows.height:
                figure.add_trace(log_line(rows, name, looks[name], name in named), place, 1)
                named.add(name)
    steps = said(lines["step"]) if lines.height else "none"
    values = lines.filter(pl.col("log").is_in(own)).height
    subtitle = f"{len(own)} training logs, {values} values, steps {steps}"
    laid_out(figure, "Training dynamics", subtitle, "", "")
    figure.update_xaxes(title_text="training step", row=max(len(shown), 1))
    figure.update_annotations(font_size=13)
    legend_below(figure, logs)
    height = PANEL * len(shown) * 0.8 + 98 + figure.layout.margin.b
    return figure.update_layout(margin_t=98, height=height)


PUBLISHED = Style("#888888", "dash", "circle", "")


def log_line(rows: pl.DataFrame, name: str, drawn: Style, again: bool) -> go.Scatter:
    """One log."""
    thin = drawn == PUBLISHED
    return go.Scatter(
        x=rows["step"].to_list(),
        y=rows["value"].fill_nan(None).to_list(),
        name=shortened(name, 44),
        text=[shortened(name, 90)] * rows.height,
        legendgroup=name,
        showlegend=not again,
        mode="lines+markers",
        line={"color": drawn.colour, "dash": drawn.dash, "width": 1.2 if thin else 2.2},
        marker={"symbol": drawn.symbol, "size": 2 if thin else 4},
        customdata=rows.select("log", "step").rows(),
        hovertemplate=LOG_HOVER,
        connectgaps=False,
    )
