"""Figures: a tidy polars frame in, a Plotly figure out, one function per figure."""

from app.charts.accuracy import accuracy_histogram_chart
from app.charts.comparison import gap_chart
from app.charts.pass_at_k import pass_at_k_chart
from app.charts.perplexity import perplexity_chart
from app.charts.venn import venn_chart

__all__ = [
    "accuracy_histogram_chart",
    "gap_chart",
    "pass_at_k_chart",
    "perplexity_chart",
    "venn_chart",
]
