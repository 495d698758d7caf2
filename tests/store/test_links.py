"""Short names for links: unique, kept whole, also where many save at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from store.links import FOLDER, Link, load, save, saved

ROOT = Path(__file__).parents[2]
LINK = Link("figure-2", "pass-at-k", "runs=a&runs=b&k=", "r-1", "2026-01-02T03:04:05+00:00")
WRITER = """
import sys
from pathlib import Path
from store.links import Link, save

study, writer = Path(sys.argv[1]), sys.argv[2]
won = 0
for i in range(40):
    try:
        save(study, Link(f"n{i}", "runs", f"by={writer}", writer, "2026-01-01T00:00:00+00:00"))
        won += 1
    except ValueError as error:
        assert str(error) == f"The name n{i} is taken. Choose another.", error
print(won)
"""


def test_what_was_saved_is_found_again(tmp_path: Path) -> None:
    later = LINK._replace(name="later", at="2026-02-01T00:00:00+00:00")
    save(tmp_path, LINK)
    save(tmp_path, later)
    assert load(tmp_path, "figure-2") == LINK
    assert saved(tmp_path) == [later, LINK]


def test_a_name_is_never_given_to_another_page(tmp_path: Path) -> None:
    save(tmp_path, LINK)
    with pytest.raises(ValueError, match="The name figure-2 is taken"):
        save(tmp_path, LINK._replace(page="runs"))
    assert load(tmp_path, "figure-2") == LINK
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == ["figure-2.json"]


def test_each_name_has_one_winner_where_processes_save_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    writers = [
        subprocess.Popen([*command, name], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for name in ("one", "two", "three", "four")
    ]
    won = [int(writer.communicate(timeout=60)[0]) for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 4
    assert sum(won) == 40
    assert {link.name for link in saved(tmp_path)} == {f"n{i}" for i in range(40)}
    assert all(link.query == f"by={link.by}" for link in saved(tmp_path))
    assert not list((tmp_path / FOLDER).glob(".*"))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "../x", "cannot be a name"),
        ("name", "Figure 2", "cannot be a name"),
        ("name", "", "cannot be a name"),
        ("name", "-a", "cannot be a name"),
        ("name", "a" * 65, "cannot be a name"),
        ("page", "https://example.org", "no page"),
        ("page", "javascript:alert(1)", "no page"),
        ("page", "../x", "no page"),
        ("query", "a=" + "b" * 20_000, "more than 16,384 characters"),
        ("query", "<script>=1", "not what the pages understand"),
        ("at", "yesterday", "no time"),
    ],
)
def test_what_is_no_link_of_ours_is_refused(
    tmp_path: Path, field: str, value: str, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        save(tmp_path, LINK._replace(**{field: value}))
    assert not (tmp_path / FOLDER).exists()


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "x" * 10_000, "", "a\n", "."])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    save(tmp_path, LINK)
    (tmp_path / "secret.json").write_text(json.dumps(LINK._asdict()))
    with pytest.raises(ValueError, match="is no name of a link"):
        load(tmp_path, name)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", "\udcff", '{"name": "bad"}',
        json.dumps({**LINK._asdict(), "name": "other"}),
        json.dumps({**LINK._asdict(), "name": "bad", "page": "//example.org"}),
        json.dumps({**LINK._asdict(), "name": "bad", "query": 3}),
    ],
)  # fmt: skip
def test_a_damaged_file_is_told_and_hides_no_other(tmp_path: Path, text: str) -> None:
    save(tmp_path, LINK)
    (tmp_path / FOLDER / "bad.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert saved(tmp_path) == [LINK]
    with pytest.raises(ValueError, match="The file of the link bad is damaged"):
        load(tmp_path, "bad")


def test_where_nothing_can_be_written_it_is_told(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file where the folder should be")
    with pytest.raises(ValueError, match="could not be saved"):
        save(tmp_path, LINK)
    assert saved(tmp_path) == []
    with pytest.raises(ValueError, match="This study has no link named figure-2"):
        load(tmp_path, "figure-2")
