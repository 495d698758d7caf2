"""How often verifiers err, by random audits, and pass@k without their errors."""

import polars as pl
import streamlit as st

from app.analysis.aligned import Counted
from app.analysis.counting import by_run
from app.analysis.queues import SAMPLE
from app.analysis.verifier_error import (
    MEANT,
    by_truth_curve,
    corrected_curve,
    of_outcome,
    read_of,
    verifier_errors,
    with_drawn,
)
from app.cache import ask, audit_rows, work_out
from app.charts.verifier_error import corrected_chart
from app.components.audit_desk import RANDOM
from app.components.definitions import show_definitions
from app.components.figure import show_figure
from app.components.tables import ABSENT, counts_only, show_rows
from app.components.text import escaped, show_link
from app.counted import dropped_problems, labelled, raw_counts
from app.metrics.pass_at_k import log_spaced
from app.selection import Selection, run_labels
from store.queries.queues import random_samples

STEP = 1000  # a run's random order is asked for in such steps, so that few answers are kept
UNREAD = (
    "Nothing was read in this random order yet, so nobody can say how often the verifier errs."
    " Read some of the samples that it judged correct, and of the others, in the queue “random”"
    " with this seed. What was read in other queues was chosen for a reason and does not count."
)

BY_VERDICT, BY_TRUTH = "the verdict", "the sample"
ASSUMED = {
    BY_VERDICT: "Corrected: a sample judged correct is taken to be wrong with the rate of false"
    " positives, another one to be right with that of false negatives, each sample for itself. The"
    " dotted line is the least that pass@k can be with these rates, where errors strike all samples"
    " of a problem together. At large k the assumption matters more than the rates.",
    BY_TRUTH: "Corrected: the verifier is taken to pass a wrong sample, and to fail a right one,"
    " with the same chance on every problem, so that more of what it passes is wrong where a"
    " problem is hard.",
}


def show_verifier_errors(selection: Selection) -> None:
    """The rates with their intervals, and the corrected curves."""
    seed = choose_seed()
    sampled = ~pl.col("run").is_in(counts_only())
    counts = raw_counts(selection).filter(sampled)
    if counts.is_empty():
        st.info(
            "None of the chosen runs has verdicts of this verifier. Choose another at the left."
        )
        return
    errors = errors_of(selection, counts, seed)
    link = selection.link("audit", audit_queue=RANDOM, audit_seed=seed)
    if not errors["read"].sum():
        st.info(UNREAD)
        show_link("Read samples at random", link)
        return
    show_rates(errors, run_labels(selection))
    show_link("Read more samples at random", link)
    show_curves(selection, counts, errors)


def choose_seed() -> int:
    """Whose random order was read."""
    seed = st.number_input(
        "Seed of the random order that was read", 0, 10**6, 0, key="audit_error_seed",
        bind="query-params", width=320,
    )  # fmt: skip
    return int(seed)


def errors_of(selection: Selection, counts: pl.DataFrame, seed: int) -> pl.DataFrame:
    """`verifier_errors` of the runs of `counts`, by what was read in this random order."""
    verdicts = with_drawn(labelled(selection), audit_rows(), seed)
    return work_out(verifier_errors, counts, orders(selection, seed, verdicts), verdicts)


def orders(selection: Selection, seed: int, verdicts: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The random order of either outcome: of each run, as far as anybody can have read it."""
    return {outcome: order(selection, seed, verdicts, outcome) for outcome in MEANT}


def order(selection: Selection, seed: int, verdicts: pl.DataFrame, outcome: str) -> pl.DataFrame:
    """run, problem_id, sample: each run's own order, one after another, so that no run depends on
    the others that are chosen; without the runs of which the queue has shown nothing.
    """
    read = of_outcome(verdicts, outcome)
    shown = read.filter("drawn")["run"].unique()
    counting = (selection.left_out, dropped_problems(selection))
    parts = [read.select(SAMPLE).clear()]
    for run in sorted(shown):
        most = (read.filter(run=run).height // STEP + 1) * STEP
        found = ask(random_samples, [run], selection.verifier, outcome, seed, most, *counting)
        parts.append(found.select(SAMPLE))
    return pl.concat(parts)


def show_rates(errors: pl.DataFrame, labels: dict[str, str]) -> None:
    """A row for each run and kind of error."""
    st.markdown("##### Error rates, from samples read in random order")
    rate = pl.format("{} ({} to {})", *(percent(name) for name in ("rate", "low", "high")))
    show_rows(
        errors.select(
            pl.col("run").replace_strict(labels),
            "verifier",
            pl.col("outcome").replace_strict(MEANT).alias("error"),
            pl.when(pl.col("read") > 0).then(rate).otherwise(pl.lit(ABSENT)).alias("rate (95 %)"),
            pl.format("{} of {}", "wrong", "read").alias("wrong of those read"),
            pl.col("judged").alias("samples judged so"),
            pl.col("ambiguous").alias("ambiguous, left out"),
            pl.col("otherwise").alias("read otherwise, left out"),
            "verdicts",
        ),
        "audit_errors",
        most=0,
    )
    st.caption(
        "A false positive is a sample that the verifier calls correct and people call flawed or a"
        " guess; a false negative one that it does not call correct and people call valid."
        " Intervals are those of Clopper and Pearson. What counts are the first samples of a run's"
        " random order, up to the last that the queue “random” with this seed has shown to a reader"
        " and as long as none is unread. All others that were read, such as those of hard problems,"
        " were not drawn at random and are left out."
    )


def show_curves(selection: Selection, counts: pl.DataFrame, errors: pl.DataFrame) -> None:
    """The raw and the corrected curve of each run, with their numbers."""
    read = [run for run in run_labels(selection) if read_of(errors, run, "correct").read]
    if not read:
        st.info(
            "For a corrected pass@k, samples that the verifier calls correct have to be read at"
            " random."
        )
        return
    labels = run_labels(selection)
    model = choose_model()
    parts = by_run(counts.filter(pl.col("run").is_in(read)))
    curves = pl.concat([curve(run, part, errors, model) for run, part in parts])
    named = curves.with_columns(label=pl.col("run").replace_strict(labels))
    alt = "pass@k over k as judged and corrected for errors of the verifier, a panel per run"
    show_figure(corrected_chart(named), "audit_error_figure", alt, named.drop("run"))
    unread = [labels[run] for run in read if not read_of(errors, run, "incorrect").read]
    if unread:
        st.caption(
            escaped(
                f"Of {', '.join(unread)}, no sample that was not judged correct has been read:"
                " those verdicts are taken to be right."
            )
        )
    say_contradicted(curves, labels)
    st.caption(ASSUMED[model])
    show_definitions(
        "false positives of a verifier", "false negatives of a verifier", "corrected pass@k",
        "corrected by truth",
    )  # fmt: skip


def say_contradicted(curves: pl.DataFrame, labels: dict[str, str]) -> None:
    """From which k on the counts contradict what errors are taken to depend on."""
    if "contradicted" not in curves.columns:
        return
    refuted = curves.filter("contradicted").group_by("run", maintain_order=True).agg(pl.min("k"))
    for run, k in refuted.rows():
        st.info(
            escaped(
                f"{labels[run]}: from k = {k} on there is no corrected curve. With these rates on"
                " every problem far more or fewer problems would have been judged solved than were:"
                " too few samples were read to know the rates, or errors crowd on some problems:"
                " look at the reference answers of those whose samples were judged wrongly."
            )
        )


def choose_model() -> str:
    """What errors are taken to depend on."""
    model = st.segmented_control(
        "Errors depend on", (BY_TRUTH, BY_VERDICT), default=BY_TRUTH, required=True,
        key="audit_error_model", bind="query-params",
    )  # fmt: skip
    return str(model)


def curve(run: str, part: pl.DataFrame, errors: pl.DataFrame, model: str) -> pl.DataFrame:
    """The rows of one run, with what its figure has to say of n."""
    counted = Counted(part["n"].to_numpy(), part["c"].to_numpy())
    ks = [int(k) for k in log_spaced(max(counted.most, 1), 40)]
    correct, other = (read_of(errors, run, outcome) for outcome in MEANT)
    known = (counted, ks, correct, other if other.read else None)
    found = work_out(corrected_curve, *known)
    if model == BY_TRUTH:
        truth = work_out(by_truth_curve, *known).drop("k")
        found = found.with_columns(*truth, least=pl.lit(float("nan")))
    size = {"problems": part.height, "n_min": int(counted.n.min()), "n_max": int(counted.n.max())}
    return found.with_columns(
        run=pl.lit(run), **{name: pl.lit(value) for name, value in size.items()}
    )


def percent(column: str) -> pl.Expr:
    """A fraction as per cent with one decimal."""
    return pl.col(column).map_elements(lambda share: f"{100 * share:.1f} %", return_dtype=pl.String)
