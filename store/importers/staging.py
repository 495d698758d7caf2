"""Where an import lies until its file has been read, and how it then becomes the study's.

Shards are written to imports/<key>.tmp. A report put with them says that the file has been read to
its end; only then are they moved. An import that was killed before left nothing; one that was
killed after is finished by the next.
"""

import contextlib
import fcntl
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from store.shards import sync_folder

REPORT = "report.json"


@contextlib.contextmanager
def only_importer(study: Path) -> Iterator[Path]:
    """The study's folder of imports, once no other process imports; what was killed is settled."""
    imports = study / "imports"
    imports.mkdir(parents=True, exist_ok=True)
    with (imports / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in sorted(imports.glob("*.tmp")):
            settle(left, study)
        yield imports


def settle(staged: Path, study: Path) -> None:
    """Finish an import that had read its file; remove one that had not."""
    if (staged / REPORT).is_file():
        finish(staged, study)
    else:
        shutil.rmtree(staged)


def finish(staged: Path, study: Path) -> None:
    """Move the shards to the study's, in the place of those that they replace; keep the report."""
    for key in json.loads((staged / REPORT).read_text())["replaces"]:
        remove_import(staged.with_name(key), study)
    for folder in sorted(path for path in (staged / "shards").glob("*") if path.is_dir()):
        target = study / "shards" / folder.name
        target.mkdir(parents=True, exist_ok=True)
        # What describes comes first: a sample whose run or problem is not known is no use.
        for path in sorted(folder.iterdir(), key=lambda path: (rank(path), path.name)):
            if path.name == "run.json" and (target / "run.json").exists():
                continue
            path.replace(target / path.name)
        sync_folder(target)
    shutil.rmtree(staged / "shards", ignore_errors=True)
    staged.replace(staged.with_suffix(""))


def rank(path: Path) -> int:
    """In which order files of a run are moved."""
    kind = path.name.partition("-")[0]
    return {"run.json": 0, "problems": 1}.get(kind, 2)


def remove_import(kept: Path, study: Path) -> None:
    """Take out the samples of an earlier import."""
    if (kept / REPORT).is_file():
        for name in shards_of(kept):
            (study / "shards" / name).unlink(missing_ok=True)
        shutil.rmtree(kept)


def shards_of(kept: Path) -> list[str]:
    """The shards that an import brought, but for its problems: other imports may rely on them."""
    names = json.loads((kept / REPORT).read_text())["shards"]
    return [name for name in names if not name.partition("/")[2].startswith("problems-")]


def reports(study: Path) -> list[dict[str, object]]:
    """The reports of all imports of a study, the oldest first."""
    found = [json.loads(path.read_text()) for path in (study / "imports").glob(f"*/{REPORT}")]
    return sorted(found, key=lambda report: str(report["at"]))
