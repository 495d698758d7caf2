"""The URL says what every control says.

Streamlit's browser side writes a control's parameter when the control is operated, but forgets to
once the control has been moved on the page; and what the server then sends takes out what it has
not yet heard of. So the server writes all of it after each run: a URL that lags behind catches up.
This is about the insides of Streamlit 1.67, the version that Passband is bound to.
"""

from typing import Any

from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.common import WidgetMetadata
from streamlit.runtime.state.query_params import QueryParams, _coerce_value_for_query_url


def write_address() -> None:
    """Send the browser the URL of the values that the bound controls have now."""
    context = get_script_run_ctx()
    if context is None:  # no browser asks
        return
    with context.session_state.query_params() as address:
        drawn = context.shared.widget_ids_this_run.snapshot()
        known = context.session_state._state._new_widget_state.widget_metadata
        for key, binding in address._bindings_by_param.items():
            if binding.widget_id in drawn:
                write_parameter(address, key, known[binding.widget_id], context.session_state[key])
        address._send_query_param_msg()


def write_parameter(
    address: QueryParams, key: str, control: WidgetMetadata[Any], value: Any
) -> None:
    """The parameter of one control; none where it is as by default, empty where it was emptied."""
    if value == control.deserializer(None):
        address.discard_param_no_forward_msg(key)
        return
    said = control.serializer(value)
    empty = said is None or said == [] or said == ()
    text = "" if empty else _coerce_value_for_query_url(said, control.value_type)
    address.set_with_no_forward_msg(key, text)
