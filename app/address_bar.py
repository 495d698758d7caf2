"""The URL says what every control says.

Streamlit's browser side writes a control's parameter when the control is operated, but forgets to
once the control has been moved on the page; and what the server then sends takes out what it has
not yet heard of. So the server writes all of it after each run: a URL that lags behind catches up.
This is about the insides of Streamlit 1.67, the version that Passband is bound to.
"""

from typing import Any

from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.query_params import QueryParams, _coerce_value_for_query_url


def write_address() -> None:
    """Send the browser the URL of the values that the bound controls have now."""
    context = get_script_run_ctx()
    if context is None:  # no browser asks
        return
    with context.session_state.query_params() as address:
        drawn = context.shared.widget_ids_this_run.snapshot()
        state = context.session_state._state
        for key, binding in address._bindings_by_param.items():
            if binding.widget_id in drawn:
                write_parameter(address, key, state, binding.widget_id)
        address._send_query_param_msg()


def write_parameter(address: QueryParams, key: str, state: Any, widget: str) -> None:
    """The parameter of one control; none where it is as by default, empty where it was emptied."""
    # A control that is back with options that lack its value has another one only in the session.
    metadata, value = state._new_widget_state.widget_metadata[widget], state[widget]
    if value == metadata.deserializer(None):
        address.discard_param_no_forward_msg(key)
        return
    said = metadata.serializer(value)
    empty = said is None or said == [] or said == ()
    text = "" if empty else _coerce_value_for_query_url(said, metadata.value_type)
    address.set_with_no_forward_msg(key, text)
