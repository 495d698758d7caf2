"""Files dropped on the runs page: what they are, what they lack, and bringing them in."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.access import may_write
from app.components.tables import show_table
from app.components.text import escaped
from app.importing import USUAL, Wanted, bad_rows, bring_in, kept, recognised, try_files
from store.importers import FORMATS, Imported, Recognised
from store.runs import ROLES

MEGABYTES = 500  # of one file; the server holds it in memory
DONE = "import_done"
VERIFIERS = ("math", "exact", "multiple_choice", "numeric", "countdown")
LEAVE = "leave unjudged"
NUMBERS = {
    "temperature": "Temperature",
    "top_p": "top-p",
    "max_tokens": "Max tokens",
    "step": "Training step",
}
WHOLE = ("max_tokens", "step")
AGAIN = {
    "ask": "tell me",
    "replace": "take the place of what it brought then",
    "pool": "add to it",
}


def show_import(study: Path) -> None:
    """The place to drop files; nothing where this reader may not write."""
    if not may_write():
        return
    if (done := st.session_state.pop(DONE, None)) is not None:
        show_imported(done)
    with st.expander("Bring in your own results", icon=":material/upload_file:"):
        dropped = st.file_uploader(
            "Logs of other harnesses, texts, counts, or audits",
            accept_multiple_files=True,
            key="import_files",
            max_upload_size=MEGABYTES,
            help=f"Up to {MEGABYTES} MB a file; larger ones with: passband import. Files that"
            " belong together, such as samples and their results, are dropped together.",
        )
        if dropped:
            show_form(study, dropped)


def show_form(study: Path, dropped: Sequence[Any]) -> None:
    """What the files are, what they do not tell, and the two buttons."""
    chosen, fields = choose_reading()
    with kept(dropped) as paths:
        found = recognised(paths, chosen, fields)
    show_recognised(dropped, found)
    files = [each for each in found if isinstance(each, Recognised)]
    if not files:
        return
    wanted = choose_facts(files, chosen, fields)
    with st.container(horizontal=True):
        trying = st.button("Try", key="import_try", help="Says what would come in; writes nothing")
        importing = st.button("Import", type="primary", key="import_now")
    try:
        if trying:
            st.text(str(try_files(dropped, study, wanted)))
        if importing and may_write():
            bar = st.progress(0.0, "Reading")
            st.session_state[DONE] = bring_in(
                dropped, study, wanted, lambda done, what: show_progress(bar, done, what)
            )
            st.rerun()
    except ValueError as error:
        st.warning(escaped(str(error)))


def choose_reading() -> tuple[str, dict[str, str]]:
    """The format, and what of the files is what."""
    with st.container(horizontal=True):
        chosen = st.selectbox("Format", ["auto", *FORMATS], key="import_format")
        fields = st.text_input(
            "Fields",
            placeholder="completion=output.text, correct=acc",
            key="import_fields",
            help="What of the file is what, where it is not recognised or several would do.",
        )
    return str(chosen), named(fields)


def show_progress(bar: DeltaGenerator, done: float, what: str) -> None:
    """How far the import is."""
    bar.progress(min(done, 1.0), what)


def show_recognised(dropped: Sequence[Any], found: Sequence[Recognised | str]) -> None:
    """A row per file: its format, and why."""
    table = pl.DataFrame(
        {
            "file": [each.name for each in dropped],
            "format": [each.format if isinstance(each, Recognised) else "–" for each in found],
            "why": [each.why if isinstance(each, Recognised) else each for each in found],
        }
    )
    show_table(table)


def choose_facts(files: Sequence[Recognised], format: str, fields: dict[str, str]) -> Wanted:
    """What is given about the files: asked for where they do not tell it themselves."""
    told = [facts for file in files for facts in file.told]

    def hint(name: str) -> str:
        values = sorted({str(v) for f in told if (v := getattr(f, name)) is not None})
        return f"from the file: {', '.join(values)}"[:80] if values else "not told by the file"

    def text(name: str, label: str) -> str | None:
        return st.text_input(label, placeholder=hint(name), key=f"import_{name}") or None

    facts: dict[str, object] = {}
    first, second, third = st.columns(3)
    with first:
        facts["model"] = text("model", "Model")
        facts["role"] = st.selectbox(
            "Role", ROLES, index=None, placeholder="needed for samples", key="import_role"
        )
        facts["parent"] = text("parent", "Trained from")
    with second:
        facts["benchmark"] = text("benchmark", "Benchmark")
        facts["prompt_template"] = text("prompt_template", "Prompt template")
        facts["algorithm"] = text("algorithm", "Algorithm")
    with third:
        for name, label in NUMBERS.items():
            step = 1 if name in WHOLE else 0.05
            facts[name] = st.number_input(
                label, 0 * step, value=None, step=step, help=hint(name), key=f"import_{name}"
            )
    return with_choices(facts, format, fields)


def with_choices(facts: dict[str, object], format: str, fields: dict[str, str]) -> Wanted:
    """Who judges, and what is to be done with a file that has changed."""
    with st.container(horizontal=True):
        verifier = st.selectbox(
            "What has no verdict is judged with", [USUAL, *VERIFIERS, LEAVE], key="import_verifier"
        )
        again = st.selectbox(
            "A file imported before that has changed should",
            list(AGAIN),
            format_func=AGAIN.__getitem__,
            key="import_again",
        )
    return Wanted(facts, fields, format, str(again), None if verifier == LEAVE else str(verifier))


def named(text: str) -> dict[str, str]:
    """name=value, separated by commas; what has no = is passed over until it is complete."""
    pairs = (part.partition("=") for part in text.split(","))
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip() and value}


def show_imported(done: Imported) -> None:
    """What came in, and what did not."""
    st.success("Imported and published.")
    st.text(str(done))
    if done.bad_named:
        show_table(bad_rows(done.bad_named))
