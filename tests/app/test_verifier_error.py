"""Error rates of a verifier and pass@k without them: by enumeration in fractions, by drawing."""

from fractions import Fraction
from itertools import combinations, product
from math import comb

import numpy as np
import polars as pl
import pytest
from scipy import stats

from app.analysis.aligned import Counted
from app.analysis.verifier_error import (
    corrected_curve,
    found,
    read_of,
    verifier_errors,
    with_drawn,
)
from app.metrics.intervals import KINDS, LIKE_THESE, THESE, band
from app.metrics.pass_at_k import pass_at_k
from app.metrics.verifier_error import (
    Errors,
    Read,
    corrected_band,
    corrected_pass_at_k,
    mean_corrected,
    mean_struck_together,
    rate,
    struck_together,
)
from store.audits import agreed, content_hash, record, since, undo
from tests.store.audit_rows import AT, audit


@pytest.mark.parametrize(("wrong", "read"), [(0, 1), (0, 50), (3, 50), (50, 50), (17, 200)])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_a_rate_has_the_exact_interval_of_scipy(wrong, read, level):
    exact = stats.binomtest(wrong, read).proportion_ci(level, method="exact")
    found = rate(wrong, read, level)
    assert found == pytest.approx((wrong / read, exact.low, exact.high, read))


@pytest.mark.parametrize("p", [0.001, 0.02, 0.1, 0.5])
@pytest.mark.parametrize("read", [1, 20, 50])
def test_a_rate_is_held_at_least_as_often_as_the_level_says(p, read):
    held = sum(
        stats.binom.pmf(wrong, read, p)
        for wrong in range(read + 1)
        if rate(wrong, read).low <= p <= rate(wrong, read).high
    )
    assert held >= 0.95


def test_nothing_read_is_no_rate_and_what_cannot_be_is_refused():
    assert np.isnan(rate(0, 0)[:3]).all()
    with pytest.raises(ValueError, match="Of 3 verdicts read, 4 cannot be wrong"):
        rate(4, 3)
    with pytest.raises(ValueError, match="false_negative must lie between 0 and 1, but is 2"):
        corrected_pass_at_k(4, 1, 0.1, 2, 1)


FP, FN = Fraction(1, 5), Fraction(1, 20)


def by_enumeration(n, c, k, fp, fn):
    """Share of k-subsets with a truly correct sample, over every way in which verdicts are wrong.

    The first c of n samples are judged correct.
    """
    total = Fraction(0)
    for truth in product((True, False), repeat=n):
        chance = Fraction(1)
        for place, is_correct in enumerate(truth):
            wrong = fp if place < c else fn
            chance *= (1 - wrong) if is_correct == (place < c) else wrong
        drawn = list(combinations(truth, k))
        total += chance * Fraction(sum(map(any, drawn)), len(drawn))
    return total


@pytest.mark.parametrize(("n", "c"), [(n, c) for n in (1, 3, 6) for c in range(n + 1)])
def test_corrected_pass_at_k_is_that_of_all_truths_and_all_draws(n, c):
    for k in range(1, n + 1):
        exact = by_enumeration(n, c, k, FP, FN)
        value = corrected_pass_at_k(n, c, float(FP), float(FN), k)
        assert float(value) == pytest.approx(float(exact), rel=1e-13)


def by_formula(n, c, k, fp, fn):
    """1 − Σ_j H(j; n, c, k) fp^j (1 − fn)^(k−j) in fractions."""
    ways = (
        comb(c, j) * comb(n - c, k - j) * fp**j * (1 - fn) ** (k - j)
        for j in range(max(0, k - n + c), min(c, k) + 1)
    )
    return 1 - sum(ways) / comb(n, k)


@pytest.mark.parametrize("n", [20, 128, 1024])
@pytest.mark.parametrize(
    ("fp", "fn"), [(FP, FN), (Fraction(0), Fraction(1, 100)), (Fraction(9, 10), Fraction(1, 3))]
)
def test_of_many_samples_it_is_the_formula_in_fractions(n, fp, fn):
    for c in (0, 1, n // 20, n // 2, n - 1, n):
        for k in (1, 2, n // 4, n - 1, n):
            exact = float(by_formula(n, c, k, fp, fn))
            assert corrected_pass_at_k(n, c, float(fp), float(fn), k) == pytest.approx(
                exact, rel=1e-11
            )


def test_it_is_what_drawing_truths_and_samples_gives():
    random, n, c, k = np.random.default_rng(0), 40, 6, 10
    judged = np.arange(n) < c
    hits = 0
    for _ in range(20_000):
        wrong = random.random(n) < np.where(judged, 0.3, 0.02)
        hits += (judged ^ wrong)[random.permutation(n)[:k]].any()
    value = corrected_pass_at_k(n, c, 0.3, 0.02, k)
    assert hits / 20_000 == pytest.approx(float(value), abs=0.01)


def test_without_errors_it_is_pass_at_k():
    n, c = np.array([4, 8, 64, 64]), np.array([0, 3, 1, 64])
    for k in (1, 3, 4):
        np.testing.assert_allclose(corrected_pass_at_k(n, c, 0, 0, k), pass_at_k(n, c, k))
        together = struck_together(Errors(0, 0))(n, c, np.array([k]))[:, 0]
        np.testing.assert_allclose(together, pass_at_k(n, c, k))


def test_a_verifier_that_is_always_wrong_is_turned_round():
    value = corrected_pass_at_k(8, np.arange(9), 1, 1, 3)
    np.testing.assert_allclose(value, pass_at_k(8, 8 - np.arange(9), 3))


def test_beyond_n_and_where_a_rate_is_not_known_it_is_undefined():
    value = corrected_pass_at_k([4, 8], [1, 1], 0.1, 0.1, 5)
    assert np.isnan(value).tolist() == [True, False]
    assert np.isnan(corrected_pass_at_k(4, 1, np.nan, 0, 2))


def least_by_enumeration(n, c, k, fp, fn):
    """The least over all that one number between 0 and 1 can decide for a problem: the verdicts of
    either kind are all wrong together, and both kinds wrong as seldom together as can be.
    """
    total = Fraction(0)
    for drawn in combinations(range(n), k):
        correct, other = any(x < c for x in drawn), any(x >= c for x in drawn)
        all_wrong = min([fp] * correct + [1 - fn] * other)
        total += 1 - all_wrong
    return total / comb(n, k)


@pytest.mark.parametrize(("n", "c"), [(n, c) for n in (1, 3, 6) for c in range(n + 1)])
def test_errors_that_strike_together_leave_the_least(n, c):
    for k in range(1, n + 1):
        value = struck_together(Errors(float(FP), float(FN)))(*map(np.array, ([n], [c], [k])))
        assert value[0, 0] == pytest.approx(float(least_by_enumeration(n, c, k, FP, FN)))
        apart = corrected_pass_at_k(n, c, float(FP), float(FN), k)
        assert value[0, 0] <= apart + 1e-12
    alone = struck_together(Errors(float(FP), float(FN)))(*map(np.array, ([n], [c], [1])))
    assert alone[0, 0] == pytest.approx(float(corrected_pass_at_k(n, c, 0.2, 0.05, 1)))


KS = np.array([1, 4, 16, 64])


def counts(problems, n, seed):
    random = np.random.default_rng(seed)
    return np.full(problems, n), random.binomial(n, random.beta(0.4, 0.9, problems))


@pytest.mark.parametrize("kind", KINDS)
def test_where_neither_rate_is_in_doubt_the_band_is_that_of_pass_at_k(kind):
    n, c = counts(60, 64, 0)
    plain = band(n, c, KS, kind)
    sure = corrected_band(n, c, KS, Read(0, 10**9), None, kind)
    np.testing.assert_allclose(sure.low, plain.low, atol=1e-6)
    np.testing.assert_allclose(sure.high, plain.high, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_the_band_holds_the_value_and_narrows_with_what_was_read(kind):
    n, c = counts(60, 64, 1)
    value = mean_corrected(n, c, KS, Errors(0.1, 0.02))
    few, many = (
        corrected_band(n, c, KS, Read(size // 10, size), Read(size // 50, size), kind)
        for size in (50, 5000)
    )
    assert (few.low <= many.low).all() and (many.high <= few.high).all()
    assert (few.high - few.low > many.high - many.low).all()
    assert ((many.low <= value) & (value <= many.high)).all()
    assert (few.low >= 0).all() and (few.high <= 1).all()


def test_of_very_many_problems_only_the_rates_are_in_doubt():
    n, c = np.full(200_000, 4), np.tile([0, 0, 1, 3], 50_000)
    found = corrected_band(n, c, np.array([1]), Read(10, 100))
    limits = [c.mean() / 4 * (1 - limit) for limit in (rate(10, 100).high, rate(10, 100).low)]
    assert (found.low[0], found.high[0]) == pytest.approx(limits, abs=2e-4)


def test_without_problems_and_without_reading_there_is_no_band():
    n, c = counts(10, 8, 2)
    none = np.array([], dtype=np.int64)
    for limits in (
        corrected_band(n, c, np.array([1, 8]), Read(0, 0)),
        corrected_band(n, c, np.array([1, 8]), Read(0, 5), Read(0, 0)),
        corrected_band(none, none, np.array([1, 8]), Read(1, 5)),
    ):
        assert np.isnan(limits.low).all() and np.isnan(limits.high).all()
    assert np.isnan(corrected_band(n, c, np.array([9]), Read(1, 5)).low).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("fp", "fn", "size"), [(0.1, 0.0, 50), (0.2, 0.05, 200)])
def test_nineteen_of_twenty_bands_hold_the_truth(kind, fp, fn, size):
    random, n, problems, ks = np.random.default_rng(3), 32, 40, np.array([1, 4, 16, 32])
    q = random.beta(0.4, 0.9, problems)
    every = stats.beta.ppf((np.arange(20_000) + 0.5) / 20_000, 0.4, 0.9)
    held = np.zeros(4)
    for _ in range(120):
        q = q if kind == THESE else random.beta(0.4, 0.9, problems)
        right = q if kind == THESE else every
        truth = (1 - (1 - (right * (1 - fp) + (1 - right) * fn)[:, None]) ** ks).mean(axis=0)
        c = random.binomial(n, q)
        read = [Read(int(random.binomial(size, rate)), size) for rate in (fp, fn)]
        limits = corrected_band(np.full(problems, n), c, ks, *read, kind)
        held += (limits.low <= truth) & (truth <= limits.high)
    assert (held / 120 >= 0.89).all()


def labelled(rows):
    columns = ["run", "problem_id", "sample", "label", "audits", "outcome", "drawn"]
    types = [pl.String, pl.String, pl.Int32, pl.String, pl.Int64, pl.String, pl.Boolean]
    return pl.DataFrame(rows, schema=dict(zip(columns, types, strict=True)), orient="row")


def order(run, samples):
    facts = {"run": run, "problem_id": "p", "sample": samples}
    return pl.DataFrame(facts, schema_overrides={"sample": pl.Int32})


READ_SO_FAR = labelled(
    [
        ("a", "p", 5, "valid", 2, "correct", False), ("a", "p", 2, "flawed", 1, "correct", True),
        ("a", "p", 9, "ambiguous", 3, "correct", False), ("a", "p", 1, "guess", 1, "correct", True),
        ("a", "p", 8, "flawed", 1, "correct", True),  # read, but 4, before it, was not
        ("a", "p", 0, "valid", 1, "incorrect", True),
        ("a", "p", 3, "flawed", 1, "no_answer", False), ("a", "p", 6, "valid", 1, None, True),
    ]
)  # fmt: skip
ORDERS = {"correct": order("a", [5, 2, 9, 1, 4, 8]), "incorrect": order("a", [3, 0, 7])}


def test_only_what_was_read_in_random_order_counts():
    assert found(ORDERS["correct"], READ_SO_FAR, "correct") == ("correct", 3, 2, 1, 1, 7)
    assert found(ORDERS["incorrect"], READ_SO_FAR, "incorrect") == ("incorrect", 2, 1, 0, 0, 2)
    nothing = found(ORDERS["correct"], READ_SO_FAR.clear(), "correct")
    assert nothing == ("correct", 0, 0, 0, 0, 0)
    unread_first = order("a", [4, 5, 2])
    assert found(unread_first, READ_SO_FAR, "correct")[1:5] == (0, 0, 0, 5)


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ([2], ("correct", 2, 1, 0, 3, 3)),  # 5 was read before, through another queue
        ([5], ("correct", 1, 0, 0, 4, 2)),
        ([8], ("correct", 0, 0, 0, 5, 0)),
        ([], ("correct", 0, 0, 0, 5, 0)),
    ],
)
def test_what_counts_ends_with_the_last_sample_that_the_random_queue_has_shown(drawn, expected):
    """Somebody read all samples of some problems for another reason, and so by chance the first in
    random order, too. Previously a rate came out of these, and each seed had another one.
    """
    shown = READ_SO_FAR.with_columns(drawn=pl.col("sample").is_in(drawn))
    assert found(ORDERS["correct"], shown, "correct") == expected


def test_a_sample_is_drawn_where_the_queue_has_shown_its_text_to_a_person_who_stands_by_it(
    tmp_path,
):
    def read(sample, queue, reviewer="a", text="now", **more):
        said = audit("valid", reviewer, sample, text=text, queue=queue, **more)
        return record(tmp_path, said)

    read(0, "random 7")
    read(1, "hard problems")
    read(2, "random 7"), read(2, "hard problems")  # and changed their mind there
    undo(tmp_path, read(3, "random 7"), AT), read(3, "hard problems", "b")
    read(4, "random 7", "judge:m", kind="judge"), read(4, "hard problems")
    read(5, "random 7", text="before"), read(5, "claims", "b")
    read(6, "random 70"), read(6, "random 7", "b")
    read(7, "random 70")
    known = agreed(tmp_path).filter(content_hash=content_hash("now"))
    marked = with_drawn(known, since(tmp_path, 0), 7)
    assert marked["sample"].to_list() == list(range(8))
    assert marked.filter("drawn")["sample"].to_list() == [0, 2, 6]


def test_the_errors_of_a_run_have_a_row_for_each_kind_of_verdict():
    numbers = {"run": ["a", "a", "b"], "verifier": "v", "n": [8, 4, 6], "c": [5, 1, 6]}
    orders = {outcome: pl.concat([part, order("b", [0])]) for outcome, part in ORDERS.items()}
    errors = verifier_errors(pl.DataFrame(numbers), orders, READ_SO_FAR)
    assert errors.select("run", "outcome", "judged", "read", "wrong", "otherwise").rows() == [
        ("a", "correct", 6, 3, 2, 1), ("a", "incorrect", 6, 2, 1, 0),
        ("b", "correct", 6, 0, 0, 0), ("b", "incorrect", 0, 0, 0, 0),
    ]  # fmt: skip
    assert errors["rate"][0] == pytest.approx(2 / 3)
    assert errors["rate"].is_nan().to_list() == [False, False, True, True]
    assert read_of(errors, "a", "correct") == (2, 3)
    assert read_of(errors, "nobody", "correct") == (0, 0)


def test_the_corrected_curve_stands_beside_the_raw_and_the_least():
    n, c = counts(50, 16, 4)
    rows = corrected_curve(Counted(n, c), [1, 4, 32], Read(10, 50), Read(1, 50), LIKE_THESE)
    first, second, beyond = rows.to_dicts()
    assert first["raw"] == pytest.approx(c.mean() / 16)
    expected = 0.8 * c.mean() / 16 + 0.02 * (1 - c.mean() / 16)
    assert (first["value"], first["least"]) == pytest.approx((expected, expected))
    assert second["least"] < second["value"]
    assert second["low"] < second["value"] < second["high"]
    assert np.isnan([beyond[name] for name in ("value", "low", "raw", "least")]).all()
    bare = corrected_curve(Counted(n, c), [1], Read(10, 50), None, None)
    assert np.isnan(bare["low"][0])
    expected = mean_struck_together(n, c, np.array([1]), Errors(0.2, 0.0))
    assert bare["least"][0] == pytest.approx(expected[0])
