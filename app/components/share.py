"""Share: a link to what is seen, with the state of the study; and names for links."""

from urllib.parse import parse_qs, urlencode

import streamlit as st

from app import cache
from app.access import may_write
from app.address_bar import as_by_default
from app.components.share_state import PAGE
from app.components.text import escaped
from app.links import NAME_KEY, STATE_KEYS, address, dated, parameters_of, verdicts
from app.reviewer import reviewer
from store import links
from store.interim import read_list

NAME = "share_name"
SHOWN = 50  # names in the list
NOT_CHOSEN = (*STATE_KEYS, NAME_KEY)


@st.fragment
def show_share() -> None:
    """A button that opens a link to this page. Nothing is made before it is opened."""
    opened = st.popover("Share", type="tertiary", key="share", on_change="rerun", width="content")
    if not opened.open:
        return
    with opened:
        page, query = str(st.session_state[PAGE]), parameters_now()
        st.code(full(page, query), language=None, wrap_lines=True)
        st.caption(escaped(said()))
        show_names()
        if may_write():
            ask_for_name(page, query)


def parameters_now() -> list[tuple[str, str]]:
    """Everything that was chosen, what is as by default where data decides that, and the state."""
    here = {key: st.query_params.get_all(key) for key in st.query_params}
    chosen = {**here, **{key: said for key, said in as_by_default().items() if key not in here}}
    pairs = [(k, each) for k, said in chosen.items() if k not in NOT_CHOSEN for each in said]
    return [*pairs, *parameters_of(cache.state(), cache.shows_older())]


def full(page: str, query: list[tuple[str, str]]) -> str:
    """The URL by which this browser reaches the page."""
    return address(st.context.url or "", page, query)


def said() -> str:
    """What the link names."""
    state = cache.state()
    build = dated(state.build, cache.built_at(st.session_state["build"]))
    interim = f"{state.build}.duckdb" in read_list(cache.study() / "store")
    return (
        f"Opens this page with all that is chosen here. It names the data too: build {build},"
        f" {verdicts(state.audits)}; opened later, it says whether that is still so."
        + (" Who opens it sees the same older state." if cache.shows_older() else "")
        + (" A job is at work: later builds replace this one, which is gone then." * interim)
    )


def show_names() -> None:
    """The names that were given to links, each a link."""
    found = links.saved(cache.study())
    if not found:
        return
    with st.expander(f"Named links: {len(found):,}"):
        for link in found[:SHOWN]:
            who = f"{link.by}, " if link.by else ""
            when = escaped(f"{who}{link.at[:10]}, {link.page}")
            url = full("", [(NAME_KEY, link.name)])
            st.markdown(f"[{escaped(link.name)}]({url}) :gray[{when}]")
        if len(found) > SHOWN:
            st.caption(f"These are the newest {SHOWN}. The others open by ?{NAME_KEY}=NAME too.")


def ask_for_name(page: str, query: list[tuple[str, str]]) -> None:
    """A field for a name, and the button that saves the link by it."""
    form = st.form("share_form", border=False)
    with form, st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Short name", max_chars=64, key=NAME, placeholder="figure-2")
        wanted = st.form_submit_button("Save")
    if not wanted:
        return
    link = links.Link(name.strip(), page, urlencode(query), reviewer() or "", links.now())
    try:
        links.save(cache.study(), link)
    except ValueError as error:
        st.info(escaped(str(error)))
    else:
        st.caption("Saved. This opens the page as it is now:")
        st.code(full("", [(NAME_KEY, link.name)]), language=None, wrap_lines=True)


def open_named(pages: dict[str, st.Page]) -> None:
    """Go where the link that the URL names leads. Raises ValueError where there is none such."""
    link = links.load(cache.study(), st.query_params[NAME_KEY])
    if link.page not in pages:
        raise ValueError(f"The link {link.name} leads to the page {link.page}, which is not here.")
    st.switch_page(pages[link.page], query_params=parse_qs(link.query, keep_blank_values=True))
