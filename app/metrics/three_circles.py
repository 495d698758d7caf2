"""Three circles for three sets: areas proportional to the numbers where circles can do it.

Three circles have six degrees of freedom and seven regions have seven sizes, so in general no
drawing is exact. Radii and centres start from the circles' own areas and pairwise overlaps, which
two circles can always have, and are then fitted by least squares to all seven areas. Where a
region's area still misses its size by more than TOLERANCE of the union, the drawing would mislead:
then three equal circles with all seven regions are drawn, and `proportional` is False.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares

from app.metrics.pass_at_k import Floats
from app.metrics.venn import Point, centre_distance, overlap_area

REGIONS = ("100", "010", "001", "110", "101", "011", "111")  # who has it: first, second, third
TOLERANCE = 0.02
ROOM = 0.05  # a number needs a free disc of this radius, as a share of the drawing's width
CELLS = 240  # of the grid on which free discs are looked for, along each side


class Circle(NamedTuple):
    """Centre and radius; an empty set has radius 0."""

    x: float
    y: float
    radius: float


class Drawing(NamedTuple):
    """The circles, and for each region that has room for a number the point where it stands.

    `narrow`: a point in each region that is drawn but has no room. `error`: the largest deviation
    of an area from its size, as a share of the union; NaN where areas are not proportional.
    """

    circles: tuple[Circle, ...]
    points: dict[str, Point]
    narrow: dict[str, Point]
    proportional: bool
    error: float


def three_circles(sizes: Mapping[str, float]) -> Drawing:
    """Circles for the sizes of REGIONS. Raises ValueError for a negative size."""
    if min(sizes[region] for region in REGIONS) < 0:
        raise ValueError(f"sizes cannot be negative: {dict(sizes)}.")
    wanted = np.array([sizes[region] for region in REGIONS], dtype=np.float64)
    union = float(wanted.sum())
    if union:
        circles = fitted(wanted / union)
        error = float(np.abs(areas(circles) - wanted / union).max())
        if error <= TOLERANCE:
            return Drawing(circles, *region_points(circles), True, error)
    return Drawing(EQUAL, *region_points(EQUAL), False, float("nan"))


def fitted(wanted: Floats) -> tuple[Circle, ...]:
    """The circles whose seven areas are nearest to these, which add up to 1."""
    start = placed(wanted)
    there = np.repeat([circle.radius > 0 for circle in start], 3)
    free = np.array(start).ravel()

    def built(values: Floats) -> tuple[Circle, ...]:
        every = free.copy()
        every[there] = values
        return tuple(Circle(x, y, abs(radius)) for x, y, radius in every.reshape(3, 3))

    if not there.any():
        return start
    found = least_squares(lambda values: areas(built(values)) - wanted, free[there], max_nfev=200)
    better = found.cost < 0.5 * np.square(areas(start) - wanted).sum()
    return built(found.x) if better else start


def placed(wanted: Floats) -> tuple[Circle, ...]:
    """Circles with the sets' own areas and, as far as a triangle allows, their pairwise overlaps.

    The first centre is at 0, the second to its right, the third below or on the line of the two.
    """
    share = dict(zip(REGIONS, wanted, strict=True))
    first, second, third = (
        float(np.sqrt(sum(share[region] for region in REGIONS if region[i] == "1") / np.pi))
        for i in range(3)
    )
    a = distance(first, second, share["110"] + share["111"])
    b = distance(first, third, share["101"] + share["111"])
    c = distance(second, third, share["011"] + share["111"])
    x = (a**2 + b**2 - c**2) / (2 * a) if a > 1e-9 else b
    x = float(np.clip(x, -b, b))
    y = -float(np.sqrt(b**2 - x**2))
    return Circle(0.0, 0.0, first), Circle(a, 0.0, second), Circle(x, y, third)


def distance(first: float, second: float, overlap: float) -> float:
    """Distance of the centres of two circles; 0 where one is empty."""
    return centre_distance(first, second, overlap) if first and second else 0.0


def areas(circles: Sequence[Circle]) -> Floats:
    """Areas of REGIONS, by inclusion and exclusion."""
    single = [np.pi * circle.radius**2 for circle in circles]
    first_second, first_third, second_third = (
        overlap_area(apart(p, q), p.radius, q.radius) if p.radius and q.radius else 0.0
        for p, q in combinations(circles, 2)
    )
    every = common_area(circles)
    return np.array(
        [
            single[0] - first_second - first_third + every,
            single[1] - first_second - second_third + every,
            single[2] - first_third - second_third + every,
            first_second - every,
            first_third - every,
            second_third - every,
            every,
        ]
    )


def apart(first: Circle, second: Circle) -> float:
    """Distance of the centres."""
    return float(np.hypot(second.x - first.x, second.y - first.y))


def common_area(circles: Sequence[Circle]) -> float:
    """Area common to all circles: a polygon of the corners, and a circular segment on each side.

    Corners are the crossings of two circles that lie in all others. Without corners it is the
    smallest circle, if that lies in all others, or nothing.
    """
    corners = [point for pair in combinations(circles, 2) for point in crossings(*pair)]
    corners = [point for point in corners if all(holds(circle, point) for circle in circles)]
    if len(corners) < 2:
        return enclosed_area(circles)
    middle = np.mean(corners, axis=0)
    corners.sort(key=lambda point: np.arctan2(point.y - middle[1], point.x - middle[0]))
    total = 0.0
    for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
        total += (start.x * end.y - end.x * start.y) / 2
        total += min(
            (arc_area(circle, start, end) for circle in circles if on_edge(circle, start, end)),
            default=0.0,
        )
    return total


def enclosed_area(circles: Sequence[Circle]) -> float:
    """Area of the smallest circle where all others hold it, else 0."""
    least = min(circles, key=lambda circle: circle.radius)
    inside = all(apart(least, circle) <= circle.radius - least.radius + 1e-12 for circle in circles)
    return float(np.pi * least.radius**2) if inside else 0.0


def crossings(first: Circle, second: Circle) -> list[Point]:
    """The two points in which two circles cross; none where they do not."""
    gap = apart(first, second)
    if gap == 0 or not abs(first.radius - second.radius) < gap < first.radius + second.radius:
        return []
    along = (gap**2 + first.radius**2 - second.radius**2) / (2 * gap)
    across = float(np.sqrt(max(first.radius**2 - along**2, 0.0)))
    right = ((second.x - first.x) / gap, (second.y - first.y) / gap)
    x, y = first.x + along * right[0], first.y + along * right[1]
    return [
        Point(x - across * right[1], y + across * right[0]),
        Point(x + across * right[1], y - across * right[0]),
    ]


def holds(circle: Circle, point: Point) -> bool:
    """Whether the point is in the circle or on it."""
    return float(np.hypot(point.x - circle.x, point.y - circle.y)) <= circle.radius + 1e-9


def on_edge(circle: Circle, *points: Point) -> bool:
    """Whether all the points are on the circle."""
    return all(
        abs(np.hypot(point.x - circle.x, point.y - circle.y) - circle.radius) < 1e-9
        for point in points
    )


def arc_area(circle: Circle, start: Point, end: Point) -> float:
    """Area between the chord and the arc that runs from start to end against the clock."""
    first = np.arctan2(start.y - circle.y, start.x - circle.x)
    last = np.arctan2(end.y - circle.y, end.x - circle.x)
    angle = float((last - first) % (2 * np.pi))
    return circle.radius**2 * (angle - float(np.sin(angle))) / 2


def region_points(circles: Sequence[Circle]) -> tuple[dict[str, Point], dict[str, Point]]:
    """Per region the point farthest from all edges: with room for a number around it, or without.

    A region that no cell of the grid lies in has none.
    """
    left, right, low, high = bounds(circles)
    x, y = np.linspace(left, right, CELLS), np.linspace(low, high, CELLS)[:, None]
    depths = [circle.radius - np.hypot(x - circle.x, y - circle.y) for circle in circles]
    roomy, narrow = {}, {}
    for region in REGIONS:
        sides = [d if bit == "1" else -d for d, bit in zip(depths, region, strict=True)]
        free = np.minimum.reduce(sides)
        row, column = np.unravel_index(int(free.argmax()), free.shape)
        point, depth = Point(float(x[column]), float(y[row, 0])), free[row, column]
        if depth >= ROOM * (right - left):
            roomy[region] = point
        elif depth > 0:
            narrow[region] = point
    return roomy, narrow


def edge_points(circles: Sequence[Circle], taken: Sequence[Point]) -> dict[int, Point]:
    """Per circle a place for its letter, just inside its edge: far from other edges and letters.

    `taken`: where numbers stand, which the letters keep away from too.
    """
    found: dict[int, Point] = {}
    angles = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    for i, (centre_x, centre_y, radius) in enumerate(circles):
        x = centre_x + 0.91 * radius * np.cos(angles)
        y = centre_y + 0.91 * radius * np.sin(angles)
        others = [c for j, c in enumerate(circles) if j != i and c.radius]
        free = [np.abs(np.hypot(x - c.x, y - c.y) - c.radius) for c in others]
        free += [np.hypot(x - p.x, y - p.y) for p in (*taken, *found.values())]
        best = int(np.minimum.reduce(free).argmax()) if free else 0
        if radius:
            found[i] = Point(float(x[best]), float(y[best]))
    return found


def bounds(circles: Sequence[Circle]) -> tuple[float, float, float, float]:
    """Left, right, low and high end of the drawing."""
    there = [circle for circle in circles if circle.radius] or [Circle(0.0, 0.0, 1.0)]
    return (
        min(circle.x - circle.radius for circle in there),
        max(circle.x + circle.radius for circle in there),
        min(circle.y - circle.radius for circle in there),
        max(circle.y + circle.radius for circle in there),
    )


# Centres on a triangle with sides of 1.1 radii: each of the seven regions has room for a number.
EQUAL = (Circle(-0.55, 0.32, 1.0), Circle(0.55, 0.32, 1.0), Circle(0.0, -0.64, 1.0))
