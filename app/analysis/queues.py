"""Which samples to read next, and why: the queues of the audit.

Every queue has run, problem_id, sample in the order to read, and `why`, a fragment of a sentence
that names no model. `samples` are run, problem_id, sample, outcome, finish_reason, as
store.queries.queues gives them; `counts` run, problem_id, position, n, c.
"""

import hashlib

import polars as pl

SAMPLE = ("run", "problem_id", "sample")
TEXT = (*SAMPLE, "content_hash")
QUEUE = {"run": pl.String, "problem_id": pl.String, "sample": pl.Int32, "why": pl.String}
HARD_BELOW = 0.05  # Yue et al. 2025, arXiv 2504.13837
FEW = 3

correct = (pl.col("outcome") == "correct").fill_null(False)
share_of_correct = pl.format("{} of {} samples correct", "c", "n")


def hard_problems(counts: pl.DataFrame, below: float = HARD_BELOW) -> pl.DataFrame:
    """run, problem_id, position, n, c of problems with 0 < c / n < below."""
    found = counts.filter(pl.col("c") > 0, pl.col("c") / pl.col("n") < below)
    return found.select("run", "problem_id", "position", "n", "c")


def hard(samples: pl.DataFrame, counts: pl.DataFrame, below: float = HARD_BELOW) -> pl.DataFrame:
    """All correct samples of `hard_problems`, as the authors of the paper read them; in the order
    of the benchmark, so that the runs of a problem follow one another.
    """
    found = of_problems(samples, hard_problems(counts, below))
    return queue(found.sort("position", *SAMPLE[1::-1], "sample"), share_of_correct)


def claimed_problems(counts: pl.DataFrame, few: int = FEW) -> pl.DataFrame:
    """run, problem_id, position, n, c, alone: problems that only one of the runs has solved (alone;
    of those that two runs have samples of), or that a run has solved in 1 … few samples.
    """
    solves = pl.col("c") > 0
    sampled = counts.filter(pl.col("n") > 0).with_columns(
        alone=(solves.sum().over("problem_id") == 1) & (pl.len().over("problem_id") > 1)
    )
    found = sampled.filter(solves, pl.col("alone") | (pl.col("c") <= few))
    return found.select("run", "problem_id", "position", "n", "c", "alone")


def claims(samples: pl.DataFrame, counts: pl.DataFrame, few: int = FEW) -> pl.DataFrame:
    """The correct samples of `claimed_problems`: those first with which most falls.

    Problems solved by one run only come before the others, and fewer correct samples before more:
    if they are wrong, the problem is solved by nobody.
    """
    found = of_problems(samples, claimed_problems(counts, few)).sort(
        ~pl.col("alone"), "c", "position", "problem_id", "run", "sample"
    )
    only = pl.when("alone").then(pl.lit("solved by this run only, ")).otherwise(pl.lit(""))
    return queue(found, only + share_of_correct)


def disagreements(verdicts: pl.DataFrame) -> pl.DataFrame:
    """The samples that one verifier calls correct and another does not, in the order given.

    `verdicts`: run, problem_id, sample, verifier, outcome. Two ways of not being correct are no
    disagreement here.
    """
    said = pl.format("{}: {}", "verifier", pl.col("outcome").str.replace("_", " "))
    found = (
        verdicts.sort("verifier", maintain_order=True)
        .group_by(SAMPLE, maintain_order=True)
        .agg(said=said.str.join(", "), differ=correct.any() & ~correct.all())
        .filter("differ")
    )
    order = verdicts.select(SAMPLE).unique(maintain_order=True)
    return queue(order.join(found, on=SAMPLE, maintain_order="left"), pl.col("said"))


def random(samples: pl.DataFrame, seed: int, outcome: str) -> pl.DataFrame:
    """All samples judged correct, or with outcome `incorrect` all judged otherwise, at random.

    The order is that of the MD5 of seed, run, problem and sample. So the order of some of them is
    the same as among all, and as that of store.queries.queues.random_samples. Raises ValueError for
    another outcome.
    """
    if outcome not in ("correct", "incorrect"):
        raise ValueError(f"Random samples are correct or incorrect, not {outcome!r}.")
    wanted = correct if outcome == "correct" else pl.col("outcome") != "correct"
    chosen = samples.filter(wanted)
    places = [digest(seed, *row) for row in chosen.select(SAMPLE).iter_rows()]
    mixed = chosen.with_columns(place=pl.Series(places, dtype=pl.String)).sort("place")
    return queue(mixed, pl.format("one of {} at random", pl.len()))


def random_order(seed: int) -> str:
    """What an audit names the queue in this order by."""
    return f"random {seed}"


def digest(seed: int, run: str, problem_id: str, sample: int) -> str:
    """What puts a sample in its place in a random order."""
    return hashlib.md5(f"{seed}\n{run}\n{problem_id}\n{sample}".encode()).hexdigest()


def second_opinions(audits: pl.DataFrame, reviewer: str) -> pl.DataFrame:
    """Samples that other people have read and this reviewer has not: first those on which they
    differ, then those that one has read, then two … ; last what an adjudicator has decided.

    `audits`: those rows of store.audits.newest whose text is still the sample's, which the store
    knows. `why` does not say what the others said.
    """
    people = audits.filter(pl.col("kind") != "judge")
    mine = people.filter(reviewer=reviewer).select(TEXT)
    found = (
        people.join(mine, on=TEXT, how="anti")
        .group_by(TEXT)
        .agg(
            settled=(pl.col("kind") == "adjudicator").any(),
            differ=pl.col("label").n_unique() > 1,
            readers=pl.col("reviewer").n_unique(),
        )
        .sort("settled", ~pl.col("differ"), "readers", *TEXT)
    )
    return queue(found.unique(SAMPLE, keep="first", maintain_order=True), opinion())


def opinion() -> pl.Expr:
    """Why a second opinion is wanted."""
    several = pl.format("read by {} others", "readers")
    return (
        pl.when("settled")
        .then(pl.lit("already decided"))
        .when("differ")
        .then(pl.lit("readers differ"))
        .when(pl.col("readers") == 1)
        .then(pl.lit("read by one other"))
        .otherwise(several)
    )


def of_problems(samples: pl.DataFrame, problems: pl.DataFrame) -> pl.DataFrame:
    """The correct samples of these problems, with what is known of each problem."""
    return samples.filter(correct).join(problems, on=["run", "problem_id"])


def queue(samples: pl.DataFrame, why: pl.Expr) -> pl.DataFrame:
    """The columns of a queue."""
    return samples.select(*SAMPLE, why=why).cast(pl.Schema(QUEUE))
