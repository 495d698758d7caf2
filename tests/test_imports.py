"""Which part may import which: the arrows of the design, checked on every module."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("app", "demo", "generation", "pages", "store")
HEAVY = {"openai", "torch", "transformers", "vllm", "ray", "trl", "datasets", "tokenizers"}

# folder → modules that nothing in it may import
FORBIDDEN = {
    "store": {"app", "generation", "pages", "demo", "streamlit", "plotly", *HEAVY},
    "generation": {"app", "pages", "demo", "streamlit", "plotly", "duckdb"},
    "app": {"pages", "demo", *HEAVY},
    "app/metrics": {"app.analysis", "app.charts", "store", "streamlit", "polars", "plotly"},
    "app/analysis": {"streamlit", "duckdb", "plotly", "generation"},
    "app/charts": {"streamlit", "store", "duckdb", "generation"},
    "pages": {"duckdb", "numpy", "scipy", "generation", "plotly"},
}  # fmt: skip
ONE_FILE_ONLY = {
    "openai": "generation/engines/server.py",
    "ray": "generation/launchers/ray_launcher.py",
    "vllm": "generation/engines/vllm_engine.py",
    "torch": "generation/engines/transformers_engine.py",
    "transformers": "generation/engines/transformers_engine.py",
}


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Every name that the file imports, anywhere in it, `from a import b` as a and a.b."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def falls_under(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_imports_go_one_way(folder: str) -> None:
    found = modules(folder)
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in found
        for name in sorted(imported(path))
        if any(falls_under(name, module) for module in FORBIDDEN[folder])
    ]

    assert found
    assert wrong == []


@pytest.mark.parametrize("module", ONE_FILE_ONLY)
def test_a_heavy_library_is_imported_in_one_file(module: str) -> None:
    users = [
        str(path.relative_to(ROOT))
        for folder in ("app", "generation", "pages", "store")
        for path in modules(folder)
        if any(falls_under(name, module) for name in imported(path))
    ]

    assert users == [ONE_FILE_ONLY[module]]


def test_only_the_store_and_its_connection_speak_to_duckdb() -> None:
    users = {
        str(path.relative_to(ROOT))
        for part in PARTS
        for path in modules(part)
        if any(falls_under(name, "duckdb") for name in imported(path))
    }

    assert {user for user in users if not user.startswith("store/")} <= {
        "app/cache.py",
        "app/show.py",
        "app/show_counted.py",
    }
