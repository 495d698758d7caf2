"""How surprising does each model find the samples?"""

import polars as pl
import streamlit as st

from app.analysis.perplexity import summary
from app.cache import ask
from app.charts import perplexity_chart
from app.components.figure import show_figure
from app.components.tables import heading, show_download, show_quartiles
from app.components.text import show_link
from app.selection import chosen, described, perplexities, run_labels, run_roles
from store import queries

heading("Perplexity", __doc__)
selection = chosen()
scored = ask(queries.scorers).filter(pl.col("run").is_in(selection.runs))
scorers = scored["scorer"].unique().sort().to_list()
wanted = st.multiselect(
    "Scorers", scorers, key="perplexity_scorers", bind="query-params", placeholder="all scorers",
    help="The models under which the samples' log-probabilities were computed.",
)  # fmt: skip

samples = perplexities(selection, wanted or scorers)
if samples.is_empty():
    st.info(
        "No sample of the chosen runs has log-probabilities. Generate them with passband score;"
        " runs imported as counts cannot have any."
    )
    st.stop()

labels = run_labels(selection)
chart = perplexity_chart(samples, labels, run_roles(selection))
marks = show_figure(chart, "perplexity_figure", "perplexities of samples per scorer and run")
st.caption(
    "PPL with the scorer as index, of the samples Y of a run; per token, at temperature 1, without"
    " top-p. Boxes: quartiles, whiskers to 1.5 interquartile ranges, the mean dashed."
    " Click a point to read it."
)
if marks:
    _, run, problem, sample = marks[0]
    link = selection.link("reader", run=run, problem=problem, sample=sample)
    show_link(f"Read sample {sample} of {problem}, {labels[run]}", link)
st.markdown("##### Quartiles")
quartiles = summary(samples)
show_quartiles(quartiles, described(selection), labels)
show_download(quartiles, "perplexity")
