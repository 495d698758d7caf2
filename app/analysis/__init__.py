"""Counts of the store to tidy frames, one function per question. No SQL and no Streamlit."""
