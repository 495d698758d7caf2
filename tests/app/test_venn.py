"""The areas of the two circles and of their overlap, measured by counting points of a grid."""

import numpy as np
import pytest

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
