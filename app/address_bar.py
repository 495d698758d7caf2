"""The URL says what every control says.

Streamlit's browser side writes a control's parameter when the control is operated, but forgets to
once the control has been moved on the page; and what the server then sends takes out what it has
not yet heard of. So the server writes all of it after each run: a URL that lags behind catches up.
This is about the insides of Streamlit 1.67, the version that Passband is bound to.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.query_params import QueryParams, _coerce_value_for_query_url

DEFAULTS = "address_defaults"
IMPLIED = "address_implied"
# Of controls whose first value the data decides, such as the first run or the largest common k.
DECIDED_BY_DATA = ("string_value", "double_value", "int_value", "double_array_value")


def write_address() -> None:
    """Send the browser the URL of the values that the bound controls have now."""
    context = get_script_run_ctx()
    if context is None:  # no browser asks
        return
    with context.session_state.query_params() as address:
        drawn = context.shared.widget_ids_this_run.snapshot()
        state = context.session_state._state
        defaults = {} if context.fragment_ids_this_run is None else as_by_default()
        for key, binding in address._bindings_by_param.items():
            if binding.widget_id in drawn:
                defaults[key] = write_parameter(address, key, state, binding.widget_id)
        address._send_query_param_msg()
    st.session_state[DEFAULTS] = {**defaults, **st.session_state.pop(IMPLIED, {})}


def imply(key: str, values: Sequence[str]) -> None:
    """Say what a control that was left empty means now; with other data it may mean another."""
    st.session_state.setdefault(IMPLIED, {})[key] = list(values)


def as_by_default() -> dict[str, list[str]]:
    """Values that no parameter tells, but that the data decides: links name them all the same."""
    found: dict[str, list[str]] = st.session_state.get(DEFAULTS, {})
    return {key: said for key, said in found.items() if said}


def write_parameter(address: QueryParams, key: str, state: Any, widget: str) -> list[str]:
    """The parameter of one control; none where it is as by default, empty where it was emptied.

    Returns what is not told, where the control is as the data has it by default.
    """
    # A control that is back with options that lack its value has another one only in the session.
    metadata, value = state._new_widget_state.widget_metadata[widget], state[widget]
    if value == metadata.deserializer(None):
        address.discard_param_no_forward_msg(key)
        return untold(metadata, value)
    said = metadata.serializer(value)
    empty = said is None or said == [] or said == ()
    text = "" if empty else _coerce_value_for_query_url(said, metadata.value_type)
    address.set_with_no_forward_msg(key, text)
    return []


def untold(metadata: Any, value: Any) -> list[str]:
    """The value of a control as the URL would have it; nothing where our own code decides it."""
    said = metadata.serializer(value)
    if metadata.value_type not in DECIDED_BY_DATA or said in (None, "", [], ()):
        return []
    text = _coerce_value_for_query_url(said, metadata.value_type)
    return [text] if isinstance(text, str) else text
