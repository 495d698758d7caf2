"""Text of others in our Markdown: nothing in it has a meaning, and nothing becomes a link."""

import pytest

from app.components.text import JOINER, escaped


@pytest.mark.parametrize(
    "address",
    ["http://192.0.2.1/x.png", "HTTPS://example.org", "www.example.org", "reader@example.org"],
)
def test_an_address_is_broken_where_nobody_sees_it(address: str) -> None:
    # Streamlit makes links of addresses in Markdown even where every mark is escaped.
    shown = escaped(f"see {address}.").replace("\\", "")
    assert shown.replace(JOINER, "") == f"see {address}."
    assert address not in shown


@pytest.mark.parametrize("text", ["pass@k", "http", "www", "n @ 1", "pass@1, p. 3", "http:/x"])
def test_what_is_no_address_stays_as_it_is(text: str) -> None:
    assert escaped(text).replace("\\", "") == text
