"""Base and trained model at several temperatures, and matched by entropy."""

import polars as pl
import streamlit as st

from app.analysis.counting import kept
from app.analysis.guessing import without
from app.analysis.temperature import (
    candidates,
    curves_of,
    mean_entropies,
    nearest_in_entropy,
    temperature_grid,
    temperature_pairs,
    verdicts,
)
from app.cache import ask, work_out
from app.charts.curve_panels import curve_panels
from app.charts.style import Style, style
from app.charts.training import subtitle
from app.components.course import (
    Bands,
    Course,
    choose_bands,
    show_behind,
    show_left_out,
    show_pairing,
)
from app.components.figure import show_figure
from app.components.tables import show_table, three_decimals
from app.counted import dropped_problems
from app.selection import address
from store import queries
from store.queries import training as training_queries

GRID, MATCHED = "same temperature", "same entropy"
AHEAD = {"other": "trained model"}


def show_temperatures(course: Course) -> None:
    """The same two models at each temperature, or at equal entropy."""
    models = candidates(course.runs)
    if not models:
        raise ValueError(
            "No chosen run has a base to be compared with on this benchmark. Choose a base run and"
            " a run of a model trained from it at the left."
        )
    left, right = st.columns([2, 3], vertical_alignment="top")
    model = left.selectbox("Model", models, key="training_model", bind="query-params")
    how = right.segmented_control(
        "Compared at", (GRID, MATCHED), default=GRID, required=True,
        key="training_match", bind="query-params",
    )  # fmt: skip
    bands = choose_bands()
    if how == GRID:
        show_grid(course, str(model), bands)
    else:
        show_matched(course, str(model), bands)
    show_pairing(course)


def show_grid(course: Course, model: str, bands: Bands) -> None:
    """A panel per temperature, and who is ahead at each."""
    pairs = temperature_pairs(course.runs, model)
    if len(pairs) < 2:
        st.info(
            "There is one temperature only. Sample both models at others too: temperature under"
            " [[benchmarks]] or [sampling] of the study file."
        )
    points = work_out(temperature_grid, course.counts, course.runs, model, *bands)
    drawn = points.with_columns(
        panel=pl.format("T {}", said_temperature()),
        line=pl.col("model"),
    )
    said = f"{subtitle(points)}; {bands.said}"
    figure = curve_panels(drawn, model_styles(course), f"pass@k by temperature: {model}", said)
    alt = "pass@k of base and trained model, a panel per temperature"
    marks = show_figure(figure, "training_temperatures", alt, data=points, linked_by=[0])
    single = [f"T = {value:g}" for value, runs in pairs if len(runs) == 1 and value is not None]
    if single:
        st.caption(f"Only one of the two models has a run at {', '.join(single)}.")
    st.markdown("##### Who is ahead")
    show_verdicts(work_out(verdicts, course.counts, course.runs, pairs, *bands), bands)
    show_left_out(points)
    if marks:
        show_behind(course, str(marks[0][0]))


def show_verdicts(rows: pl.DataFrame, bands: Bands) -> None:
    """A row per temperature and k."""
    if rows.is_empty():
        st.caption("At no temperature do both models have a run.")
        return
    show_table(
        rows.select(
            said_temperature(),
            "k",
            gap_cell().alias("pass@k, other − base"),
            pl.col("ahead").replace(AHEAD),
            "problems",
            pl.col("mismatch").replace({"": "none"}).alias("settings that differ"),
        )
    )
    st.caption(
        "The band decides who is ahead: undecided where it holds 0."
        if bands.kind
        else "Without a band the estimate alone says who is ahead."
    )


def said_temperature() -> pl.Expr:
    """A temperature with as many digits as it has."""
    written = pl.col("temperature").map_elements(lambda value: f"{value:g}", return_dtype=pl.String)
    return written.fill_null("not known").alias("T")


def gap_cell() -> pl.Expr:
    """A gap with its band."""
    signed = [
        pl.col(name).map_elements(
            lambda value: f"{value:+.3f}".replace("-", "−"), return_dtype=pl.String
        )
        for name in ("gap", "low", "high")
    ]
    return (
        pl.when(pl.col("gap").is_nan()).then(pl.lit("–"))
        .when(pl.col("low").is_nan()).then(signed[0])
        .otherwise(pl.format("{} [{},\N{NO-BREAK SPACE}{}]", *signed))
    )  # fmt: skip


def show_matched(course: Course, model: str, bands: Bands) -> None:
    """The base at a temperature against the trained model's run of the nearest entropy."""
    entropies = entropies_of(course)
    origin = course.runs.filter(pl.col("model") == model)["origin"][0]
    known = entropies.filter(pl.col("entropy").is_not_nan())
    bases = known.filter(pl.col("model") == origin).sort("temperature")["run"].to_list()
    if not bases or nearest_in_entropy(entropies, bases[0], model) is None:
        raise ValueError(
            "The entropy of the base's tokens or of this model's is not known. Store it with"
            " entropy = true under [[scores]] of the study file, each model as scorer of its own"
            " samples; for checkpoints a training log with a column entropy is taken instead."
        )
    base = str(
        st.selectbox(
            "Base run", bases, format_func=address, key="training_base", bind="query-params"
        )
    )
    matched = str(nearest_in_entropy(entropies, base, model))
    show_matched_curves(course, base, matched, entropies, bands)
    show_entropies(entropies.filter(pl.col("model").is_in([origin, model])), base, matched)


def show_matched_curves(
    course: Course, base: str, matched: str, entropies: pl.DataFrame, bands: Bands
) -> None:
    """The curves of the matched pair, and of the run at the base's own temperature."""
    facts = {row["run"]: row for row in course.runs.rows(named=True)}
    same = [
        run
        for run, model, temperature in course.runs.select("run", "model", "temperature").rows()
        if model == facts[matched]["model"] and temperature == facts[base]["temperature"]
    ]
    runs = list(dict.fromkeys([base, matched, *same[:1]]))
    points = work_out(curves_of, course.counts, facts, runs, None, *bands)
    names = {run: named(entropies, run) for run in runs}
    drawn = points.with_columns(panel=pl.lit("all"), line=pl.col("run").replace_strict(names))
    looks = {names[run]: matched_style(facts[run]["role"], run == matched) for run in runs}
    figure = curve_panels(
        drawn, looks, "pass@k at equal entropy", f"{subtitle(points)}; {bands.said}"
    )
    show_figure(figure, "training_entropy", "pass@k of base and entropy-matched run", data=points)
    pairs = [(facts[base]["temperature"], [base, run]) for run in runs[1:]]
    found = work_out(verdicts, course.counts, course.runs, pairs, *bands)
    st.markdown("##### Who is ahead")
    labelled = found.with_columns(pl.col("other").replace_strict(names).alias("other"))
    show_table(
        labelled.select(
            pl.col("other").alias("against the base"), "k",
            gap_cell().alias("pass@k, other − base"), pl.col("ahead").replace(AHEAD), "problems",
        )
    )  # fmt: skip


def matched_style(role: str, matched: bool) -> Style:
    """The base's and the matched run's lines are solid, that of the other run is dotted."""
    return style(role, 0) if matched or role == "base" else style(role, 1)._replace(dash="dot")


def named(entropies: pl.DataFrame, run: str) -> str:
    """A run by model, temperature and entropy."""
    row = entropies.row(by_predicate=pl.col("run") == run, named=True)
    temperature = "T not known" if row["temperature"] is None else f"T {row['temperature']:g}"
    entropy = (
        "entropy not known" if row["entropy"] != row["entropy"] else f"entropy {row['entropy']:.2f}"
    )
    return f"{row['model']}, {temperature}, {entropy}"


def entropies_of(course: Course) -> pl.DataFrame:
    """Mean token entropy of each run, over the samples that count."""
    selection = course.selection
    stored = ask(training_queries.entropy_sums, list(selection.runs), selection.verifier)
    counting = without(kept(stored, selection.left_out), dropped_problems(selection))
    sums = counting.group_by("run").agg(pl.col("samples", "tokens", "entropy").sum())
    return mean_entropies(course.every, sums, ask(queries.training_log))


def show_entropies(entropies: pl.DataFrame, base: str, matched: str) -> None:
    """A row per run: temperature, entropy and where it comes from."""
    marks = {base: "base", matched: "nearest"}
    st.markdown("##### Mean entropy of the tokens")
    show_table(
        entropies.sort("role", "model", "temperature").select(
            pl.col("run").replace_strict({run: address(run) for run in entropies["run"]}),
            said_temperature(),
            pl.when(pl.col("entropy").is_nan()).then(pl.lit("–"))
            .otherwise(three_decimals("entropy")).alias("entropy, nats"),
            "tokens",
            "source",
            pl.col("run").replace_strict(marks, default="").alias("matched"),
        )
    )  # fmt: skip
    st.caption(
        "Stored entropies are those of the model's raw distribution (temperature 1) along the"
        " tokens that it drew: temperature enters only through which tokens were drawn. Those of a"
        " training log are as the trainer took them. The paper gives no"
        " formula for output entropy."
    )


def model_styles(course: Course) -> dict[str, Style]:
    """A style per model: that of its role."""
    rows = course.runs.unique("model", maintain_order=True).select("model", "role").rows()
    return {model: style(role, 0) for model, role in rows}
