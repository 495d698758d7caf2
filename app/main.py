"""The dashboard: its pages by section, and the selectors that all of them share.

passband app --study my-study
"""

import contextlib
from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit.runtime.scriptrunner import StopException

from app.access import standing
from app.address_bar import write_address
from app.cache import study
from app.components.admission import go_back, show_closed
from app.components.progress import watch
from app.components.share import open_named
from app.components.share_state import look_up_state, show_state
from app.components.text import escaped
from app.links import NAME_KEY
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
        "Sharing": [page("export", "Export")],
    }
    # Streamlit serves a default page at "/" only, and this one has to be at its own path too.
    root = st.Page(lambda: None, title="Passband", default=True, visibility="hidden")
    reader = standing()
    position: Literal["sidebar", "hidden"] = "sidebar" if reader.looks else "hidden"
    shown = st.navigation({"": [root], **sections}, expanded=True, position=position)
    if not reader.looks:  # before anything is asked of the study
        show_closed(reader)
        return
    if shown != root and NAME_KEY in st.query_params:
        st.switch_page(root, query_params=parameters())
    if shown == root:
        leave_root(first, {each.url_path: each for pages in sections.values() for each in pages})
    go_back()
    try:
        told = look_up_state(shown.url_path)
    except ValueError as error:  # no store yet: all there is to see is the job that makes it
        st.info(escaped(str(error)))
        watch_first_job()
        return
    show_state(told)
    try:
        choose()
        with contextlib.suppress(StopException):  # a page that says all there is to say
            shown.run()
    except ValueError as error:  # how every part reports what a reader can mend
        st.info(escaped(str(error)))
    write_address()


def leave_root(first: st.Page, pages: dict[str, st.Page]) -> None:
    """Go where the named link of the URL leads, or to the first page."""
    if NAME_KEY not in st.query_params:
        st.switch_page(first, query_params=parameters())
    try:
        open_named(pages)
    except ValueError as error:
        st.info(escaped(str(error)))
        st.page_link(first)
        st.stop()


def parameters() -> dict[str, list[str]]:
    """All that the URL says."""
    return {key: st.query_params.get_all(key) for key in st.query_params}


def watch_first_job() -> None:
    """What a job is doing before anything is published."""
    with contextlib.suppress(ValueError):  # no study was named, which the reader has been told
        watch(study(), None)


main()
