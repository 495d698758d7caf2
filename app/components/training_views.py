"""The views of the page `training`, by the names in its URL."""

from collections.abc import Callable

from app.components.ablation import show_ablation
from app.components.algorithms import show_algorithms
from app.components.course import Course
from app.components.solved_flow import show_solved_flow
from app.components.temperature import show_temperatures
from app.components.training import show_steps, show_surface
from app.components.training_log import show_training_log

VIEWS: dict[str, Callable[[Course], None]] = {
    "by step": show_steps,
    "by k and step": show_surface,
    "algorithms": show_algorithms,
    "ablations": show_ablation,
    "temperature": show_temperatures,
    "solved problems": show_solved_flow,
    "training log": show_training_log,
}
TERMS = (
    "pass@k", "k_max", "training step", "Δ_SE", "gap of pass@k", "problems like these",
    "these problems", "gained and lost", "token entropy", "training log",
)  # fmt: skip
