"""Published values, and a store that was built before there were any in it."""

from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from store.build import SCHEMA

TABLES = ("reference_histograms", "reference_dynamics", "reference_perplexities")


def page(path: str, wanted: str) -> None:
    """The part of a page that shows published values, of the store at `path`."""
    from pathlib import Path

    import streamlit as st

    from app.components.accuracy_views import pick_published
    from app.components.perplexity_views import show_published
    from app.components.training_log import show_training_log

    st.session_state["build"] = Path(path)
    if wanted == "dynamics":
        show_training_log(None)  # type: ignore[arg-type]
    elif wanted == "perplexities":
        show_published()
    else:
        st.write(str(pick_published(12)))


@pytest.fixture
def old(tmp_path: Path) -> str:
    """A store of the form that knew no published values but curves."""
    path = tmp_path / "old.duckdb"
    with duckdb.connect(str(path)) as store:
        store.execute(SCHEMA)
        store.execute("INSERT INTO store_info VALUES ('schema_version', '2')")
        for table in TABLES:
            store.execute(f"DROP TABLE {table}")
    return str(path)


@pytest.mark.parametrize("wanted", ["dynamics", "perplexities"])
def test_an_old_store_is_told_to_be_built_anew(old: str, wanted: str) -> None:
    app = AppTest.from_function(page, args=(old, wanted), default_timeout=60).run()
    app.toggle[0].set_value(True).run()

    assert not app.exception
    assert any("has no published values. Build it anew" in info.value for info in app.info)


def test_an_old_store_has_no_published_histograms_to_offer(old: str) -> None:
    app = AppTest.from_function(page, args=(old, "histograms"), default_timeout=60).run()

    assert not app.exception and not app.multiselect
    assert app.markdown[0].value == "None"
