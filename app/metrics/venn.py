"""Two circles whose areas, and the area of whose overlap, are proportional to set sizes."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq


class Point(NamedTuple):
    """Coordinates in the plane of the circles."""

    x: float
    y: float


class Circles(NamedTuple):
    """Radii and centres (both on y = 0); a set without members has radius 0."""

    base_x: float
    base_radius: float
    other_x: float
    other_radius: float


def overlap_area(distance: float, first: float, second: float) -> float:
    """Area common to two circles of these radii: two circular segments.

    0 where they lie apart, the smaller circle where one holds the other.
    """
    if distance >= first + second:
        return 0.0
    if distance <= abs(first - second):
        return float(np.pi * min(first, second) ** 2)
    return segment(distance, first, second) + segment(distance, second, first)


def segment(distance: float, radius: float, other: float) -> float:
    """Area of the part of the first circle beyond the line through both intersections."""
    to_chord = (distance**2 + radius**2 - other**2) / (2 * distance)
    angle = np.arccos(np.clip(to_chord / radius, -1.0, 1.0))
    half_chord = np.sqrt(max(radius**2 - to_chord**2, 0.0))
    return float(radius**2 * angle - to_chord * half_chord)


def centre_distance(first: float, second: float, overlap: float) -> float:
    """Distance of the centres at which the overlap has this area.

    Disjoint sets lie apart by a gap of a fifth of the larger radius; a subset touches the inside
    of the circle that holds it.
    """
    largest, smallest = max(first, second), min(first, second)
    nothing = 1e-9 * np.pi * largest**2
    if overlap <= nothing:
        return first + second + 0.2 * largest
    if overlap >= np.pi * smallest**2 - nothing:
        return largest - smallest
    return float(
        brentq(
            lambda distance: overlap_area(distance, first, second) - overlap,
            largest - smallest,
            first + second,
            xtol=1e-14,
        )
    )


def circles(both: float, only_base: float, only_other: float) -> Circles:
    """Circles with areas base = both + only_base and other = both + only_other, and overlap both.

    The base is centred at 0 and the other lies to its right. Raises ValueError for a negative size.
    """
    if min(both, only_base, only_other) < 0:
        raise ValueError(f"sizes cannot be negative: {both}, {only_base}, {only_other}.")
    base = float(np.sqrt((both + only_base) / np.pi))
    other = float(np.sqrt((both + only_other) / np.pi))
    distance = centre_distance(base, other, both) if base and other else 0.0
    return Circles(0.0, base, distance, other)


def region_points(shape: Circles) -> dict[str, Point]:
    """A point for the label of each region.

    It is the middle of the region on the axis through the centres. The label of a region that is
    empty or narrow stands outside: left, right, or above for `both`; `neither` is below on the
    right.
    """
    left, right = extent(shape)
    margin = 0.12 * (right - left) or 1.0
    base_left, base_right = shape.base_x - shape.base_radius, shape.base_x + shape.base_radius
    other_left, other_right = shape.other_x - shape.other_radius, shape.other_x + shape.other_radius
    height = max(shape.base_radius, shape.other_radius)
    inner_left, inner_right = max(base_left, other_left), min(base_right, other_right)
    outside = outside_regions(shape)
    only_base = middle(base_left, inner_left if shape.other_radius else base_right)
    only_other = middle(inner_right if shape.base_radius else other_left, other_right)
    return {
        "both": Point(
            middle(inner_left, inner_right), height + margin if "both" in outside else 0.0
        ),
        "only_base": Point(left - margin if "only_base" in outside else only_base, 0.0),
        "only_other": Point(right + margin if "only_other" in outside else only_other, 0.0),
        "neither": Point(right, -height - margin / 2),
    }


def widths(shape: Circles) -> dict[str, float]:
    """Width of each region on the axis through the centres; 0 for an empty one."""
    distance = shape.other_x - shape.base_x
    base, other = shape.base_radius, shape.other_radius
    both = min(base + other - distance, 2 * base, 2 * other) if base and other else 0.0
    return {
        "both": max(both, 0.0),
        "only_base": 2 * base - max(both, 0.0),
        "only_other": 2 * other - max(both, 0.0),
    }


def outside_regions(shape: Circles) -> set[str]:
    """The regions in which a label has no place: narrower than an eighth of the drawing."""
    left, right = extent(shape)
    narrow = (right - left) / 8
    return {region for region, width in widths(shape).items() if width <= narrow}


def extent(shape: Circles) -> tuple[float, float]:
    """Left and right end of the drawing."""
    left = min(shape.base_x - shape.base_radius, shape.other_x - shape.other_radius)
    right = max(shape.base_x + shape.base_radius, shape.other_x + shape.other_radius)
    return left, right


def middle(start: float, end: float) -> float:
    """The point half-way."""
    return (start + end) / 2
