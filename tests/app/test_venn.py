"""Areas of two and of three circles and their overlaps, measured by counting points of a grid."""

from itertools import combinations

import numpy as np
import pytest

from app.charts.venn_of_three import venn_of_three_chart
from app.metrics.three_circles import REGIONS, bounds, edge_points, three_circles
from app.metrics.venn import circles, extent, outside_regions, region_points

SETS = [
    (23, 10, 26), (462, 18, 5), (19, 4, 0), (19, 0, 4), (0, 4, 8), (0, 5, 0), (0, 0, 5), (7, 0, 0),
    (1, 500, 500), (500, 1, 1), (0.25, 3.5, 1.125), (1, 0, 1000),
]  # fmt: skip


def measured_areas(shape, cells=3000):
    """Areas of both, only base and only other: the middles of a fine grid's cells are counted."""
    left, right = extent(shape)
    height = max(shape.base_radius, shape.other_radius)
    x = left + (np.arange(cells) + 0.5) * (right - left) / cells
    y = -height + (np.arange(cells) + 0.5)[:, None] * 2 * height / cells
    base = (x - shape.base_x) ** 2 + y**2 <= shape.base_radius**2
    other = (x - shape.other_x) ** 2 + y**2 <= shape.other_radius**2
    cell = (right - left) * 2 * height / cells**2
    return [cell * part.sum() for part in (base & other, base & ~other, other & ~base)]


@pytest.mark.parametrize("sizes", SETS)
def test_areas_are_proportional_to_the_numbers_of_problems(sizes):
    areas = measured_areas(circles(*sizes))
    np.testing.assert_allclose(areas, sizes, atol=2e-3 * sum(sizes))


@pytest.mark.parametrize("sizes", SETS)
def test_a_label_inside_stands_in_its_region_and_one_outside_in_no_circle(sizes):
    shape = circles(*sizes)
    within = {"both": (True, True), "only_base": (True, False), "only_other": (False, True)}
    for region, point in region_points(shape).items():
        inside = (
            np.hypot(point.x - shape.base_x, point.y) < shape.base_radius,
            np.hypot(point.x - shape.other_x, point.y) < shape.other_radius,
        )
        outside = region == "neither" or region in outside_regions(shape)
        assert inside == ((False, False) if outside else within[region]), region


@pytest.mark.parametrize("sizes", [*SETS, (0, 0, 0)])
def test_no_two_labels_stand_on_one_another(sizes):
    shape = circles(*sizes)
    points = list(region_points(shape).values())
    left, right = extent(shape)
    gaps = [np.hypot(a.x - b.x, a.y - b.y) for i, a in enumerate(points) for b in points[i + 1 :]]
    assert min(gaps) > 0.08 * (right - left)


def test_empty_sets_have_no_circle_and_disjoint_circles_do_not_touch():
    assert circles(0, 0, 0)[1::2] == (0, 0)
    assert circles(0, 5, 0).other_radius == 0
    apart = circles(0, 4, 8)
    assert apart.other_x > apart.base_radius + apart.other_radius


def test_negative_sizes_are_refused():
    with pytest.raises(ValueError, match="negative"):
        circles(-1, 2, 3)


THREE = [
    (10, 5, 7, 8, 3, 4, 20), (18, 5, 3, 4, 10, 2, 440), (1, 0, 0, 2, 0, 0, 16),
    (4, 0, 0, 0, 0, 0, 19), (5, 5, 5, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0, 9), (10, 0, 3, 0, 0, 0, 0),
    (0, 12, 0, 0, 0, 0, 5),
    (3, 2, 1, 6, 4, 0, 120), (0, 0, 0, 0, 7, 0, 3), (0.5, 0.25, 1.75, 2, 0, 0.125, 8),
]  # fmt: skip
IMPOSSIBLE = [(0, 0, 0, 5, 5, 5, 0), (9, 9, 9, 0, 0, 0, 9), (0, 0, 0, 0, 0, 0, 0)]


def measured_regions(shapes, cells=1500):
    """Areas of the seven regions: the middles of a fine grid's cells are counted."""
    left, right, low, high = bounds(shapes)
    x = left + (np.arange(cells) + 0.5) * (right - left) / cells
    y = low + (np.arange(cells) + 0.5)[:, None] * (high - low) / cells
    inside = [np.hypot(x - circle.x, y - circle.y) <= circle.radius for circle in shapes]
    cell = (right - left) * (high - low) / cells**2
    return [
        cell
        * np.logical_and.reduce(
            [within == (bit == "1") for within, bit in zip(inside, region, strict=True)]
        ).sum()
        for region in REGIONS
    ]


@pytest.mark.parametrize("sizes", THREE)
def test_areas_of_three_circles_are_proportional_to_within_what_is_said(sizes):
    drawing = three_circles(dict(zip(REGIONS, sizes, strict=True)))
    areas = np.array(measured_regions(drawing.circles))
    assert drawing.proportional and drawing.error <= 0.02
    np.testing.assert_allclose(areas, np.array(sizes) / sum(sizes), atol=drawing.error + 2e-3)


@pytest.mark.parametrize("sizes", IMPOSSIBLE)
def test_what_three_circles_cannot_show_is_drawn_with_equal_ones_and_said(sizes):
    drawing = three_circles(dict(zip(REGIONS, sizes, strict=True)))
    assert not drawing.proportional and np.isnan(drawing.error)
    assert len({circle.radius for circle in drawing.circles}) == 1
    assert set(drawing.points) == set(REGIONS)


@pytest.mark.parametrize("sizes", [*THREE, *IMPOSSIBLE])
def test_a_number_in_a_region_of_three_has_room_around_it(sizes):
    drawing = three_circles(dict(zip(REGIONS, sizes, strict=True)))
    left, right, *_ = bounds(drawing.circles)
    for region, point in (drawing.points | drawing.narrow).items():
        reach = 0.05 * (right - left) if region in drawing.points else 0
        for circle, bit in zip(drawing.circles, region, strict=True):
            depth = circle.radius - np.hypot(point.x - circle.x, point.y - circle.y)
            assert (depth if bit == "1" else -depth) >= reach, region


@pytest.mark.parametrize("sizes", [*THREE, *IMPOSSIBLE])
def test_a_letter_stands_in_its_circle_on_no_number_and_on_no_other_letter(sizes):
    drawing = three_circles(dict(zip(REGIONS, sizes, strict=True)))
    left, right, *_ = bounds(drawing.circles)
    numbers = list(drawing.points.values())
    letters = edge_points(drawing.circles, numbers)
    assert set(letters) == {i for i, circle in enumerate(drawing.circles) if circle.radius}
    for i, point in letters.items():
        circle = drawing.circles[i]
        assert np.hypot(point.x - circle.x, point.y - circle.y) < circle.radius
    places = [*letters.values(), *numbers]
    gaps = [np.hypot(a.x - b.x, a.y - b.y) for a, b in combinations(places, 2)]
    assert min(gaps) > 0.04 * (right - left)


@pytest.mark.parametrize("sizes", [*THREE, *IMPOSSIBLE])
def test_each_of_the_eight_regions_is_a_mark_with_its_number_apart_from_the_others(sizes):
    numbers = {**dict(zip(REGIONS, sizes, strict=True)), "000": 6}
    figure = venn_of_three_chart(
        numbers, ("base", "<b>rl", "x" * 60), ("base", "rl", "rl"), "k = 8"
    )
    (marks,) = figure.data
    assert [mark[0] for mark in marks.customdata] == list(numbers)
    shown = [float(text.removeprefix("<b>").removesuffix("</b>")) for text in marks.text]
    assert shown == pytest.approx(list(numbers.values()), abs=0.051)
    places = list(zip(marks.x, marks.y, strict=True))
    gaps = [np.hypot(a[0] - b[0], a[1] - b[1]) for a, b in combinations(places, 2)]
    x_range, y_range = figure.layout.xaxis.range, figure.layout.yaxis.range
    assert min(gaps) > 0.04 * (x_range[1] - x_range[0])
    assert all(x_range[0] < x < x_range[1] and y_range[0] < y < y_range[1] for x, y in places)
    said = figure.layout.title.subtitle.text
    assert ("not proportional" in said) is (sizes in IMPOSSIBLE)
    texts = [note.text for note in figure.layout.annotations]
    assert "<b>B</b> &lt;b&gt;rl" in texts
