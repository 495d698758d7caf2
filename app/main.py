"""The dashboard: its pages by section, and the selectors that all of them share.

passband app --study my-study
"""

import contextlib
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import StopException

from app.address_bar import write_address
from app.cache import look_up_build, study
from app.components.progress import watch
from app.components.text import escaped
from app.sidebar import choose

PAGES = Path(__file__).parents[1] / "pages"
STYLE = Path(__file__).with_name("style.css")


def page(path: str, title: str) -> st.Page:
    """The page at this URL path; its file has the same name."""
    return st.Page(PAGES / f"{path.replace('-', '_')}.py", title=title, url_path=path)


def main() -> None:
    """Draw the navigation and the selectors, then run the page."""
    st.set_page_config(page_title="Passband", layout="wide")
    st.html(STYLE)
    first = page("pass-at-k", "pass@k")
    sections = {
        "Evidence": [
            page("runs", "Runs"),
            first,
            page("compare", "Compare"),
            page("solvable", "Solvable problems"),
            page("accuracy", "Accuracy"),
            page("perplexity", "Perplexity"),
            page("training", "Training"),
        ],
        "Reading": [
            page("problems", "Problems"),
            page("reader", "Reader"),
            page("audit", "Audit"),
        ],
    }
    # Streamlit serves a default page at "/" only, and this one has to be at its own path too.
    root = st.Page(lambda: None, title="Passband", default=True, visibility="hidden")
    shown = st.navigation({"": [root], **sections}, expanded=True)
    if shown == root:
        st.switch_page(first, query_params=st.query_params.to_dict())
    try:
        look_up_build()
    except ValueError as error:  # no store yet: all there is to see is the job that makes it
        st.info(escaped(str(error)))
        watch_first_job()
        return
    try:
        choose()
        with contextlib.suppress(StopException):  # a page that says all there is to say
            shown.run()
    except ValueError as error:  # how every part reports what a reader can mend
        st.info(escaped(str(error)))
    write_address()


def watch_first_job() -> None:
    """What a job is doing before anything is published."""
    with contextlib.suppress(ValueError):  # no study was named, which the reader has been told
        watch(study(), None)


main()
