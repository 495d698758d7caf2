"""What can I hand over?"""

import streamlit as st

from app.components import export
from app.components.tables import heading
from app.selection import chosen

heading("Export", __doc__)
selection = chosen()
options = export.choose_options(selection)

st.markdown("##### A report: one HTML file")
st.caption(
    "Figures to hover over and zoom, their numbers, definitions, parity checks, where everything"
    " comes from, and chains of thought to read. It opens from disk, without a network or a server."
)
asked = export.choose_report(selection, options)
export.show_report(asked)

st.markdown("##### Tables")
export.show_tables(asked)

st.markdown("##### Figures")
st.caption("Every figure of the other pages has buttons below it that save it as PNG, SVG and CSV.")

st.markdown("##### In a shell")
st.caption(
    "The same files, figures for a paper as PNG, SVG or PDF, and the samples themselves: as"
    " Parquet, in the format of Every Eval Ever, or as a store in one file that opens in another"
    " dashboard. passband export hub pushes them to the Hugging Face hub."
)
export.show_commands(asked)
