"""Every term that a page explains is in the glossary, and every entry says where it comes from."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.analysis.measures import MEASURES
from app.glossary import GLOSSARY

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "app").rglob("*.py"), *(ROOT / "pages").rglob("*.py")])


def arguments(tree: ast.Module) -> Iterator[ast.expr]:
    """What the calls of show_definitions in a module are given."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and "show_definitions" in ast.unparse(node.func):
            yield from node.args


def terms(argument: ast.expr, tree: ast.Module) -> set[str]:
    """The texts of an argument: its own, or those of the constant or function that it names."""
    if not isinstance(argument, ast.Starred):
        return texts(argument)
    named = argument.value.func if isinstance(argument.value, ast.Call) else argument.value
    holder, _, name = ast.unparse(named).rpartition(".")
    home = ast.parse(source(holder or name, bool(holder), tree).read_text())
    found = {
        text for statement in home.body if defined(statement) == name for text in texts(statement)
    }
    assert found, f"{name} explains nothing"
    return found


def source(name: str, is_module: bool, tree: ast.Module) -> Path:
    """The file from which this name is imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}:
            parts = [*str(node.module).split("."), *([name] if is_module else [])]
            return ROOT.joinpath(*parts).with_suffix(".py")
    raise AssertionError(f"{name} is not imported")


def defined(statement: ast.stmt) -> str | None:
    """The name that a statement of a module defines."""
    if isinstance(statement, ast.FunctionDef):
        return statement.name
    return ast.unparse(statement.targets[0]) if isinstance(statement, ast.Assign) else None


def texts(node: ast.AST) -> set[str]:
    """The texts in a piece of code, its docstring left out."""
    skipped = ast.get_docstring(node, clean=False) if isinstance(node, ast.FunctionDef) else None
    leaves = (leaf for leaf in ast.walk(node) if isinstance(leaf, ast.Constant))
    return {leaf.value for leaf in leaves if isinstance(leaf.value, str) and leaf.value != skipped}


def explained() -> dict[str, set[str]]:
    """File → the terms that it explains."""
    trees = {path: ast.parse(path.read_text()) for path in FILES}
    return {
        str(path.relative_to(ROOT)): {term for node in nodes for term in terms(node, trees[path])}
        for path in FILES
        if (nodes := list(arguments(trees[path])))
    }


def test_every_explained_term_is_in_the_glossary() -> None:
    found = explained()
    unknown = {name: missing for name, used in found.items() if (missing := used - GLOSSARY.keys())}

    assert {"audited", "n, c, k"} <= found["app/sidebar.py"]
    assert {"crossover", "Δ_SE"} <= found["pages/compare.py"]
    assert unknown == {}
    assert set(MEASURES) <= GLOSSARY.keys()


@pytest.mark.parametrize("term", GLOSSARY)
def test_a_definition_is_short_and_names_its_source(term: str) -> None:
    meaning, source = GLOSSARY[term]

    assert term.strip() == term
    assert 20 < len(meaning) < 330
    assert meaning.endswith(".")
    assert 3 < len(source) < 120
