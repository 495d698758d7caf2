"""passband export table and figure: the numbers of `passband show`, for papers."""

import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import polars as pl
import pytest
from markdown_it import MarkdownIt

from app.report.tables import as_latex, as_markdown
from tests.app.reports import in_shell, passband
from tests.app.shown import small_study

PAIR = ("--base", "small--math", "--other", "small-rl")
NASTY = pl.DataFrame(
    {
        "a_b & c": [r"50% of $x$ {y} \z #1", "a|b `c` *d* <i>e</i> [f](g)", None],
        "value": [0.25, float("nan"), -0.125],
    }
)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("handed") / "study"
    with small_study(path):
        return path


@pytest.mark.parametrize(("ending", "form"), [("csv", "csv"), ("json", "json")])
def test_a_table_for_programs_is_what_show_prints(
    study: Path, tmp_path: Path, ending: str, form: str
) -> None:
    file = tmp_path / f"t.{ending}"
    done = passband("export", "table", "compare", file, "--study", study, *PAIR)
    shown = passband("show", "compare", "--study", study, "--format", form, *PAIR)

    assert done.exit_code == 0, done.stderr
    assert file.read_text() == shown.stdout


@pytest.mark.parametrize("ending", ["tex", "md"])
def test_a_table_for_people_has_the_cells_that_show_prints(
    study: Path, tmp_path: Path, ending: str
) -> None:
    file = tmp_path / f"t.{ending}"
    options = ("--study", study, "--k", "1,4,8", "--benchmark", "math")
    done = passband("export", "table", "pass-at-k", file, *options)
    shown = passband("show", "pass-at-k", *options).stdout.splitlines()

    assert done.exit_code == 0, done.stderr
    row = re.compile(r"(.*) \\\\" if ending == "tex" else r"\| (.*) \|")
    between = " & " if ending == "tex" else " | "
    rows = [found[1].split(between) for line in file.read_text().splitlines()
            if (found := row.fullmatch(line))]  # fmt: skip
    cells = [[plain(cell) for cell in line] for line in rows if ":--" not in line]
    assert cells == [line.split() for line in shown]


def plain(cell: str) -> str:
    """The cell as it is printed: without what escapes it."""
    cell = cell.replace("-{}-", "--").replace(r"\textendash{}", "–").strip("$")
    return "–" if cell == "--" else cell.replace("\\", "")


def test_names_are_escaped_in_latex() -> None:
    lines = as_latex(NASTY, "5% of a_b").splitlines()

    assert r"\caption{5\% of a\_b}" in lines
    assert r"a\_b \& c & value \\" in lines
    assert r"50\% of \$x\$ \{y\} \textbackslash{}z \#1 & 0.2500 \\" in lines
    assert r"-- & $-0.1250$ \\" in lines
    assert [line for line in lines if line.endswith("rule")] == [
        r"\toprule", r"\midrule", r"\bottomrule",
    ]  # fmt: skip
    assert r"\begin{tabular}{lr}" in lines


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX is installed")
def test_latex_compiles(tmp_path: Path) -> None:
    head = r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{booktabs}\begin{document}"
    (tmp_path / "t.tex").write_text(f"{head}{as_latex(NASTY, 'a_b')}\\end{{document}}")
    subprocess.run(["pdflatex", "-halt-on-error", "t.tex"], cwd=tmp_path, check=True, timeout=60)
    assert (tmp_path / "t.pdf").read_bytes().startswith(b"%PDF")


def test_names_are_text_in_markdown() -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(as_markdown(NASTY, "5 <b>"))
    inline = [token for token in tokens if token.type == "inline"]

    kinds = {child.type for token in inline for child in token.children or []}
    assert kinds <= {"text", "text_special"}
    told = ["".join(child.content for child in token.children or []) for token in inline]
    assert told == [
        "5 <b>", "a_b & c", "value", r"50% of $x$ {y} \z #1", "0.2500",
        "a|b `c` *d* <i>e</i> [f](g)", "–", "–", "-0.1250",
    ]  # fmt: skip


def test_lists_of_problems_are_for_programs(study: Path, tmp_path: Path) -> None:
    for ending in ("tex", "json"):
        file = tmp_path / f"t.{ending}"
        assert passband(
            "export", "table", "solvable", file, "--study", study, *PAIR
        ).exit_code == 0  # fmt: skip

    assert r"Not shown: both\_problems," in (tmp_path / "t.tex").read_text()
    (row,) = json.loads((tmp_path / "t.json").read_text())
    assert (row["both_problems"], row["only_base_problems"]) == (["p0", "p3"], ["p1"])


MAGIC = {"png": b"\x89PNG\r\n\x1a\n", "svg": b"<svg ", "pdf": b"%PDF-"}


@pytest.mark.browser
@pytest.mark.parametrize("form", MAGIC)
def test_a_figure_is_a_picture(study: Path, tmp_path: Path, form: str) -> None:
    file = tmp_path / f"f.{form}"
    size = ("--width", "600", "--height", "400", "--scale", "2")
    options = ("--study", study, "--benchmark", "math", *size)
    done = passband("export", "figure", "pass-at-k", file, *options)
    if "none could be started" in done.stderr:
        pytest.skip(done.stderr)

    content = file.read_bytes()
    assert content.startswith(MAGIC[form])
    if form == "png":
        size_of = [int.from_bytes(content[at : at + 4], "big") for at in (16, 20)]
        assert size_of == [1200, 800]
    elif form == "svg":
        texts = {"".join(node.itertext()) for node in ElementTree.fromstring(content).iter()}
        assert "k, samples per problem" in texts
        assert {"small", "small-rl"} <= texts
    else:  # text is drawn in fonts, and nothing is a bitmap
        assert b"/Font" in content and b"/ToUnicode" in content
        assert b"/Subtype /Image" not in content


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("table", "compare", "t.xls"), "'t.xls' ends in none of .csv, .json, .tex, .md"),
        (("table", "nonsense", "t.csv"), "No question 'nonsense'"),
        (("figure", "runs", "f.png"), "'runs' has no figure: choose from pass-at-k,"),
        (("figure", "accuracy", "f.gif"), "'f.gif' ends in none of .png, .svg, .pdf, .html"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(
    study: Path, tmp_path: Path, words: tuple[str, str, str], said: str
) -> None:
    what, view, file = words
    done = passband("export", what, view, tmp_path / file, "--study", study)

    assert (done.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert said in done.stderr


def test_a_missing_browser_is_told(study: Path, tmp_path: Path) -> None:
    done = in_shell(
        "export", "figure", "pass-at-k", tmp_path / "f.svg", "--study", study,
        BROWSER_PATH="/nonexistent",
    )  # fmt: skip

    assert (done.returncode, list(tmp_path.iterdir())) == (1, [])
    assert "Chrome or Chromium, and none could be started" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_kaleido_is_told(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "kaleido", None)
    done = passband(
        "export", "figure", "pass-at-k", tmp_path / "f.svg", "--study", study, "--benchmark", "math"
    )

    assert (done.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert "pip install 'passband[figures]'" in done.stderr
