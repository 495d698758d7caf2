"""What a reader found in a file, as shards of a study: all of the file or nothing.

The shards are first written beside the study's (staging.py) and moved when the whole file has been
read. An import is known by a key, made of the file's content and of what was told about it: the
same again changes nothing.
"""

import contextlib
import hashlib
import itertools
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from store.importers.draws import RunDraws
from store.importers.facts import Facts, Imported, check_run, run_from
from store.importers.found import Bad, Found
from store.importers.opening import Source, digest, untold
from store.importers.staging import REPORT, finish, only_importer, shards_of
from store.runs import Run, write_run
from store.shards import sync_folder

BAD = "bad.jsonl"
UIDS = "uids.txt"
FIRST = 20  # records that are looked at before an import
NAMED = 5  # bad records that are told at once; the report has them all

Read = Callable[[Source], Iterator[Found | Bad]]


def first_facts(source: Source, read: Read) -> tuple[Facts, ...]:
    """The different facts that the first records tell."""
    found = first_records(source, read)
    return tuple(dict.fromkeys(each.facts for each in found if isinstance(each, Found)))


def first_records(source: Source, read: Read) -> Iterator[Found | Bad]:
    """The first so many records."""
    return itertools.islice(read(replace(source, progress=untold)), FIRST)


@dataclass(frozen=True)
class Look:
    """What the first records tell: facts and seeds, some of them from the path, and verdicts, which
    may come from a file beside; and the runs that they are of.
    """

    facts: tuple[Facts, ...]
    seeds: tuple[str, ...]
    verdicts: list[list[str]]
    runs: frozenset[str]

    @classmethod
    def at(cls, source: Source, read: Read) -> "Look":
        """Look at this file. Raises ValueError where it does not tell all of its runs."""
        found = [each for each in first_records(source, read) if isinstance(each, Found)]
        facts = tuple(dict.fromkeys(each.facts for each in found))
        runs = {run_from(source.given.over(told), source.path, "").run_id for told in facts}
        seeds = {each.seed for each in found if each.seed is not None}
        verdicts = [[v.outcome for d in each.samples for v in d.verdicts] for each in found]
        return cls(facts, tuple(sorted(seeds)), verdicts, frozenset(runs))


def key_of(source: Source, format: str, look: Look) -> str:
    """Tells one import from another: the content, what was given and what the path tells."""
    given = {name: value for name, value in asdict(source.given).items() if value is not None}
    told = [asdict(facts) for facts in look.facts]
    parts = (digest(source.path), format, given, dict(source.fields), told, look.seeds)
    written = json.dumps((*parts, look.verdicts), sort_keys=True, default=str)
    return hashlib.sha256(written.encode()).hexdigest()[:16]


def take_in(
    source: Source, format: str, read: Read, study: Path, dry: bool = False, again: str = "ask"
) -> Imported:
    """Import one file; `dry` only says what would come in.

    A file that was imported before with other content (`again`): `ask` raises ValueError, `replace`
    puts it in the place of what it brought then, `pool` adds to it.
    """
    with contextlib.nullcontext(study / "imports") if dry else only_importer(study) as imports:
        look = Look.at(source, read)
        key = key_of(source, format, look)
        if (imports / key / REPORT).is_file():
            return repeated(imports / key, source.path)
        superseded = earlier(imports, source, look, again)
        taken = Taken(
            source, format, study, None if dry else imports / f"{key}.tmp", superseded, again
        )
        try:
            imported = taken.all(read)
            if not dry and (imported.problems or imported.samples):
                taken.write_report(imported, look)
                finish(imports / f"{key}.tmp", study)
        finally:
            if not dry:
                shutil.rmtree(imports / f"{key}.tmp", ignore_errors=True)
    return imported


def repeated(kept: Path, path: Path) -> Imported:
    """What is said of a file that is in the study already."""
    before = json.loads((kept / REPORT).read_text())
    return Imported(
        tuple(before["runs"]),
        left_out={f"samples of {path.name}, which was imported before": before["samples"]},
    )


def earlier(imports: Path, source: Source, look: Look, again: str) -> list[str]:
    """Keys of imports that this one takes the place of: of the same file, or of its content under
    another name, into the same run. Raises ValueError where it is unclear what is meant.
    """
    reports = {p.parent.name: json.loads(p.read_text()) for p in imports.glob(f"*/{REPORT}")}
    content = (digest(source.path), list(look.seeds))
    same = {
        key: report
        for key, report in reports.items()
        if not look.runs.isdisjoint(report["runs"])
        and (report["place"] == place(source) or (report["sha256"], report["seeds"]) == content)
    }
    if not same or again == "pool":
        return []
    if again == "replace" or all(begins_with(source.path, report) for report in same.values()):
        return sorted(same)
    when = max(report["at"] for report in same.values())
    raise ValueError(
        f"{source.path} was imported on {when[:10]} with other content. Say what is meant: "
        "--again replace puts it in the place of what it brought then, --again pool adds to it."
    )


def place(source: Source) -> str:
    """Tells one file's place from another without naming it."""
    where = f"uploaded {source.path.name}" if source.uploaded else str(source.path.resolve())
    return hashlib.sha256(where.encode()).hexdigest()[:16]


def given_words(given: Facts) -> dict[str, str]:
    """What was given about the file, as text."""
    return {k: str(v) for k, v in asdict(given).items() if v is not None and k != "problems"}


def begins_with(path: Path, report: Mapping[str, object]) -> bool:
    """Whether the file as it was then is the beginning of the file as it is now."""
    size = int(str(report["bytes"]))
    if path.stat().st_size < size:
        return False
    known = hashlib.sha256()
    with path.open("rb") as file:
        while size and (block := file.read(min(size, 2**20))):
            known.update(block)
            size -= len(block)
    return known.hexdigest() == report["sha256"]


@dataclass
class Taken:
    """One file being taken in; nothing is written where `staged` is None."""

    source: Source
    format: str
    study: Path
    staged: Path | None
    superseded: Sequence[str] = ()
    again: str = "ask"
    runs: dict[str, RunDraws] = field(default_factory=dict)
    asked: dict[Facts, RunDraws] = field(default_factory=dict)
    bad: list[Bad] = field(default_factory=list)
    bad_count: int = 0
    uids: set[str] = field(default_factory=set)

    def all(self, read: Read) -> Imported:
        """Read the whole file. Raises ValueError where it has nothing that can be imported."""
        known = known_uids(self.study / "imports", self.superseded)
        with self.bad_file() as tell_bad:
            for item in read(self.source):
                if isinstance(item, Found):
                    bad = self.draws_of(item.facts).add(item, known)
                    if bad is None:
                        continue
                    item = bad
                self.bad_count += 1
                self.bad = [*self.bad, item] if len(self.bad) < NAMED else self.bad
                tell_bad(item)
        for draws in self.runs.values():
            draws.flush()
        return self.imported(known)

    @contextlib.contextmanager
    def bad_file(self) -> Iterator[Callable[[Bad], object]]:
        """Where bad records are written, one JSON object a line."""
        if self.staged is None:
            yield lambda _: None
            return
        self.staged.mkdir(parents=True)
        with (self.staged / BAD).open("w", encoding="utf-8") as file:
            yield lambda bad: file.write(json.dumps(asdict(bad), ensure_ascii=False) + "\n")

    def draws_of(self, told: Facts) -> RunDraws:
        """Where the samples of these facts go. Raises ValueError where a run lacks its facts."""
        if told in self.asked:
            return self.asked[told]
        source = f"{self.format}: {self.source.path.name}"
        run = run_from(self.source.given.over(told), self.source.path, source)
        check_run(self.study, run)
        if run.run_id not in self.runs:
            self.runs[run.run_id] = self.new_draws(run)
        elif self.runs[run.run_id].run.model.step != run.model.step:
            raise ValueError(
                f"{self.source.path} has samples of different training steps that would be one run "
                f"({run.run_id}): import it without --model, so that each step is a model."
            )
        self.asked[told] = self.runs[run.run_id]
        return self.asked[told]

    def new_draws(self, run: Run) -> RunDraws:
        """What is known of a run before this file."""
        replaced = {
            shard for key in self.superseded for shard in shards_of(self.study / "imports" / key)
        }
        staged = self.staged / "shards" / run.run_id if self.staged else None
        return RunDraws.of(run, self.study / "shards" / run.run_id, staged, replaced)

    def imported(self, known: set[str]) -> Imported:
        """What came in, and what did not."""
        parts = [draws.imported() for draws in self.runs.values()]
        total = sum(parts, start=Imported(bad=self.bad_count, bad_named=tuple(self.bad)))
        if not (total.samples or total.problems or total.left_out):
            raise ValueError(nothing(self.source.path, self.format, self.bad, self.bad_count))
        self.uids = {uid for draws in self.runs.values() for uid in draws.uids} - known
        if self.again != "pool":
            self.check_doubled()
        every = {(d.run.benchmark, name) for d in self.runs.values() for name in d.fresh}
        return replace(total, problems=len(every), dry=self.staged is None)

    def check_doubled(self) -> None:
        """Raise ValueError where most of the samples are in their run already."""
        for run, draws in self.runs.items():
            if draws.doubled:
                raise ValueError(
                    f"{draws.known_texts} of {draws.long} longer texts of {self.source.path} are in"
                    f" {run} already, of the same problems: it seems to be what was imported"
                    " before, in another form. --again pool adds its samples all the same."
                )

    def write_report(self, imported: Imported, look: Look) -> None:
        """Write the report, which makes the import one that will be finished."""
        assert self.staged is not None
        for draws in self.runs.values():
            write_run(self.staged / "shards", draws.described())
        if self.uids:
            (self.staged / UIDS).write_text("\n".join(sorted(self.uids)) + "\n")
        report = {
            "file": self.source.path.name,
            "place": place(self.source),
            "format": self.format,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "bytes": self.source.path.stat().st_size,
            "sha256": digest(self.source.path),
            "given": given_words(self.source.given),
            "fields": dict(self.source.fields),
            "seeds": list(look.seeds),
            "runs": list(imported.runs),
            "problems": imported.problems,
            "samples": imported.samples,
            "notes": dict(imported.notes),
            "left_out": dict(imported.left_out),
            "bad": imported.bad,
            "replaces": list(self.superseded),
            "shards": sorted(
                f"{path.parent.name}/{path.name}" for path in self.staged.glob("shards/*/*.parquet")
            ),
        }
        temporary = self.staged / "report.part"
        temporary.write_text(json.dumps(report, indent=1) + "\n")
        temporary.replace(self.staged / REPORT)
        sync_folder(self.staged)


def known_uids(imports: Path, superseded: Sequence[str]) -> set[str]:
    """Ids of samples that earlier imports brought."""
    files = [p for p in imports.glob(f"*/{UIDS}") if p.parent.name not in superseded]
    return {uid for path in files for uid in path.read_text().split("\n") if uid}


def nothing(path: Path, format: str, bad: Sequence[Bad], count: int) -> str:
    """The sentence for a file of which nothing can be used."""
    first = f": {bad[0].where}, {bad[0].field} {bad[0].reason}" if bad else ""
    reasons = f"{count} records cannot be right{first}" if count else "it has no records"
    return f"{path} has nothing that can be imported as {format}: {reasons}."
