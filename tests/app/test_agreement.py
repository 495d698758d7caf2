"""Kappa and alpha: by hand, against scikit-learn and the package krippendorff, simulated."""

from fractions import Fraction
from itertools import combinations, permutations

import krippendorff
import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from app.metrics.agreement import cohen_kappa, krippendorff_alpha

LABELS = np.array(["valid", "flawed", "guess", "ambiguous"], dtype=object)


def test_kappa_of_fifty_samples_worked_out_by_hand():
    # 20 both valid, 15 both flawed, 5 and 10 mixed: p_o = 35/50, p_e = (25·30 + 25·20)/2500 = 1/2.
    a = ["valid"] * 25 + ["flawed"] * 25
    b = ["valid"] * 20 + ["flawed"] * 5 + ["valid"] * 10 + ["flawed"] * 15
    found = cohen_kappa(a, b)
    assert found.value == pytest.approx(0.4)
    assert found.n == 50


def test_alpha_of_krippendorffs_own_example():
    # Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, section C: nominal, 0.743.
    table = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    found = krippendorff_alpha(table)
    assert found.value == pytest.approx(0.743, abs=5e-4)
    assert found.n == 11


def drawn(reviewers, samples, agree, seed, missing=0.0, shares=(0.55, 0.25, 0.15, 0.05)):
    """Labels of reviewers who find the truth with chance `agree`, else label at random."""
    random = np.random.default_rng(seed)
    truth = random.choice(4, samples, p=shares)
    other = random.choice(4, (reviewers, samples), p=shares)
    labels = LABELS[np.where(random.random((reviewers, samples)) < agree, truth, other)]
    labels[random.random(labels.shape) < missing] = None
    return labels


@pytest.mark.parametrize("seed", range(20))
def test_kappa_is_that_of_scikit_learn(seed):
    a, b = drawn(2, 5 + 3 * seed, seed / 20, seed)
    assert cohen_kappa(a, b).value == pytest.approx(cohen_kappa_score(a, b), abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_alpha_is_that_of_the_package_krippendorff(seed):
    labels = drawn(2 + seed % 4, 8 + 3 * seed, seed / 20, seed, missing=0.3)
    codes = np.array([[np.nan if x is None else list(LABELS).index(x) for x in r] for r in labels])
    expected = krippendorff.alpha(reliability_data=codes, level_of_measurement="nominal")
    assert krippendorff_alpha(labels).value == pytest.approx(expected, abs=1e-12)


def alpha_by_pairs(labels):
    """1 − observed by expected disagreement, over all pairs of labels, in fractions."""
    units = [[x for x in column if x is not None] for column in zip(*labels, strict=True)]
    units = [unit for unit in units if len(unit) > 1]
    every = [x for unit in units for x in unit]
    found = sum(
        Fraction(sum(x != y for x, y in permutations(unit, 2)), len(unit) - 1) for unit in units
    )
    pairs = list(combinations(every, 2))
    return 1 - found / len(every) / Fraction(sum(x != y for x, y in pairs), len(pairs))


def test_alpha_is_that_of_all_pairs_in_fractions():
    labels = drawn(4, 25, 0.6, 3, missing=0.4)
    assert krippendorff_alpha(labels).value == pytest.approx(float(alpha_by_pairs(labels)))


def test_only_samples_that_both_have_labelled_count():
    a, b = drawn(2, 40, 0.7, 1)
    alone = cohen_kappa([*a, "valid", None, None], [*b, None, "guess", None])
    assert alone == cohen_kappa(a, b)
    assert alone.n == 40


def test_what_the_labels_and_reviewers_are_called_does_not_matter():
    a, b = drawn(2, 60, 0.7, 2)
    renamed = dict(zip(LABELS, (3, 0, "x", 1.5), strict=True))
    other = cohen_kappa([renamed[x] for x in b], [renamed[x] for x in a])
    assert other == pytest.approx(cohen_kappa(a, b))
    assert krippendorff_alpha([b, a]) == pytest.approx(krippendorff_alpha([a, b]))


@pytest.mark.parametrize(
    ("a", "b", "n"),
    [([], [], 0), ([None], ["valid"], 0), (["valid"] * 3, ["valid"] * 3, 3)],
)
def test_without_pairs_and_with_one_label_only_both_are_undefined(a, b, n):
    for found in (cohen_kappa(a, b), krippendorff_alpha([a, b])):
        assert np.isnan([found.value, found.low, found.high]).all()
        assert found.n == n


def test_nobody_and_one_reviewer_have_no_agreement():
    for labels in ([], [[]], [["valid", "flawed"]]):
        assert np.isnan(krippendorff_alpha(labels).value)


def test_one_always_the_same_and_the_other_not_is_no_agreement_beyond_chance():
    found = cohen_kappa(["valid"] * 10, ["valid"] * 8 + ["flawed"] * 2)
    assert found.value == pytest.approx(0)


def fleiss_error(a, b):
    """Standard error of kappa: Fleiss, Cohen & Everitt 1969, equation 13, summed over the table."""
    names = sorted({*a, *b})
    table = np.array([[np.mean((a == x) & (b == y)) for y in names] for x in names])
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    chance, same = rows @ columns, np.trace(table)
    kappa = (same - chance) / (1 - chance)
    both = columns[:, None] + rows[None, :]  # p_.i + p_j.
    on = sum(
        table[i, i] * (1 - chance - (1 - same) * (rows[i] + columns[i])) ** 2
        for i in range(len(names))
    )
    off = sum(
        table[i, j] * both[i, j] ** 2
        for i in range(len(names))
        for j in range(len(names))
        if i != j
    )
    rest = (same * chance - 2 * chance + same) ** 2
    return kappa, np.sqrt((on + (1 - same) ** 2 * off - rest) / len(a)) / (1 - chance) ** 2


@pytest.mark.parametrize("agree", [0.4, 0.8])
def test_of_many_samples_the_interval_is_kappa_and_two_standard_errors_of_fleiss(agree):
    a, b = drawn(2, 20_000, agree, 5)
    kappa, error = fleiss_error(a, b)
    found = cohen_kappa(a, b)
    assert found.low == pytest.approx(kappa - 1.96 * error, abs=0.03 * error)
    assert found.high == pytest.approx(kappa + 1.96 * error, abs=0.03 * error)


def test_of_many_samples_the_interval_of_alpha_is_that_of_resampled_samples():
    labels = drawn(3, 600, 0.7, 6, missing=0.3)
    codes = np.array([[-1 if x is None else list(LABELS).index(x) for x in row] for row in labels])
    random = np.random.default_rng(0)
    again = [
        krippendorff.alpha(
            reliability_data=np.where(part < 0, np.nan, part), level_of_measurement="nominal"
        )
        for part in (codes[:, random.integers(0, 600, 600)] for _ in range(600))
    ]
    found = krippendorff_alpha(labels)
    width = found.high - found.low
    assert (found.low, found.high) == pytest.approx(
        np.quantile(again, [0.025, 0.975]), abs=0.1 * width
    )


def test_full_agreement_is_as_sure_as_the_number_of_samples_makes_it():
    few, many = (cohen_kappa(list("ab") * half, list("ab") * half) for half in (5, 500))
    assert few.value == many.value == few.high == 1
    # Half of the pairs would differ by chance: 1 − 2 · Wilson's limit of no difference among 10.
    t = stats.t.ppf(0.975, 9)
    assert few.low == pytest.approx(1 - 2 * (t**2 / 10) / (1 + t**2 / 10))
    assert 0.99 < many.low < 1


def test_the_interval_holds_the_value_and_is_wider_at_a_higher_level():
    a, b = drawn(2, 40, 0.7, 8)
    found, wider = cohen_kappa(a, b), cohen_kappa(a, b, 0.99)
    assert -1 <= wider.low < found.low < found.value < found.high < wider.high <= 1
    assert krippendorff_alpha([a, b], 0.99).low < krippendorff_alpha([a, b]).low


@pytest.mark.parametrize("samples", [20, 60, 200])
@pytest.mark.parametrize(
    ("agree", "shares"),
    [(0.8, (0.25,) * 4), (0.95, (0.6, 0.25, 0.1, 0.05)), (0.5, (0.85, 0.05, 0.05, 0.05))],
)
def test_nineteen_of_twenty_intervals_hold_the_truth(samples, agree, shares):
    truth, held = agree**2, np.zeros(2)
    for seed in range(120):
        labels = drawn(2, samples, agree, [seed, samples], shares=shares)
        found = cohen_kappa(*labels), krippendorff_alpha(labels)
        held += [x.low <= truth <= x.high or np.isnan(x.value) for x in found]
    assert (held / 120 >= 0.89).all()
    assert (held / 120 < 1).all()


def test_lists_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="not 2 and 1"):
        cohen_kappa(["valid", "valid"], ["valid"])
    with pytest.raises(ValueError, match="a place for each sample"):
        krippendorff_alpha([["valid", "valid"], ["valid"]])
    with pytest.raises(ValueError, match="between 0 and 1"):
        cohen_kappa(["valid"], ["flawed"], 95)


def test_agreement_that_is_no_more_than_chance_is_zero_and_not_nearly():
    """Two reviewers, two texts: one of two pairs differs, as chance has it. Previously 2.2e-16."""
    tables = [[["valid", "flawed"], ["flawed", "flawed"]]]
    random = np.random.default_rng(0)
    tables += [random.choice(LABELS[:2], (2, size)).tolist() for size in (4, 8, 12) * 40]
    values = [estimate.value for a, b in tables for estimate in (cohen_kappa(a, b),)]
    values += [krippendorff_alpha(table).value for table in tables]
    near = [value for value in values if abs(value) < 1e-9]
    assert len(near) > 3
    assert {str(value) for value in near} == {"0.0"}
