"""The header and the samples of an Inspect AI log, one after another, as the log has them.

A `.eval` is a zip with header.json (a log that was never finished: _journal/start.json) and a file
for each sample and epoch, samples/ID_epoch_N.json; a later layout splits a sample into a folder of
that name, whose attachments are numbered. A `.json` is one object with the list `samples`. Long
texts of a sample may stand in its `attachments`, and be referred to.
"""

import json
import re
import zipfile
from collections.abc import Iterator, Mapping

from store.importers.beside import mapping
from store.importers.found import Bad, list_of
from store.importers.opening import Record, Source, json_items, json_pairs
from store.importers.zip_entries import content, entries

SAMPLE = re.compile(r"samples/(?P<id>.+)_epoch_(?P<epoch>\d+)(?P<split>/sample)?\.json", re.DOTALL)
PART = re.compile(
    r"(?P<folder>samples/.+)/(?P<part>metadata\.json|attachments/\d+\.json)", re.DOTALL
)
PROTOCOLS = ("attachment://", "tc://")
Header = Mapping[str, object]
Entries = Mapping[str, zipfile.ZipInfo]


def header_of(source: Source, zipped: bool) -> Header:
    """What the log says of the whole evaluation. Raises ValueError where it says nothing."""
    if not zipped:
        return leading(source)
    found = entries(source.path)
    name = next((n for n in ("header.json", "_journal/start.json") if n in found), None)
    try:
        header = None if name is None else json.loads(content(source.path, found[name]))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{source.path} cannot be read: its {name} {error}.") from error
    if not isinstance(header, dict):
        raise ValueError(f"{source.path} has no header.json, which every log of Inspect AI has.")
    return header


def leading(source: Source) -> Header:
    """The keys of a `.json` that come before its samples; they are not read for this."""
    header: dict[str, object] = {}
    for pair in json_pairs(source):
        if isinstance(pair, Bad):
            break
        header[pair[0]] = pair[1] if pair[0] != "samples" else None
        if "stats" in header or "samples" in header:
            break
    return header


def samples_of(source: Source, zipped: bool, header: Header) -> Iterator[Record | Bad]:
    """The samples, each with its references resolved; the place is the entry's name, or `sample 3`
    of a `.json`."""
    records = zip_samples(source, header) if zipped else json_samples(source)
    for record in records:
        if isinstance(record, Bad):
            yield record
        else:
            where, sample = record
            yield where, whole(sample)


def json_samples(source: Source) -> Iterator[Record | Bad]:
    """The samples of a `.json`."""
    for record in json_items(source, "samples"):
        if isinstance(record, Bad):
            yield Bad(record.where.replace("item", "sample"), *fault(record))
        else:
            yield record[0].replace("item", "sample"), record[1]


def fault(bad: Bad) -> tuple[str, str, str]:
    """All of it but the place."""
    return bad.field, bad.reason, bad.excerpt


def zip_samples(source: Source, header: Header) -> Iterator[Record | Bad]:
    """The samples of a `.eval`: by problem as its dataset has them, and by epoch."""
    found = entries(source.path)
    parts = parts_of_samples(found)
    done, total = 0, sum(info.compress_size for info in found.values())
    for name in ordered(found, header):
        try:
            sample = json.loads(content(source.path, found[name]))
            if isinstance(sample, dict) and name.endswith("/sample.json"):
                sample |= split_off(source, found, parts[name.removesuffix("/sample.json")])
        except (ValueError, RecursionError) as error:
            yield Bad(name, "json", str(error), "")
            continue
        done += found[name].compress_size
        source.progress(done, total)
        if isinstance(sample, dict):
            yield name, sample
        else:
            yield Bad(name, "json", "is not an object", "")


def ordered(found: Entries, header: Header) -> list[str]:
    """The samples among the entries, in their order; those of unknown problems come last."""
    ids = mapping(mapping(header.get("eval")).get("dataset")).get("sample_ids")
    places = {str(each): place for place, each in enumerate(ids if isinstance(ids, list) else [])}
    samples = [match for name in found if (match := SAMPLE.fullmatch(name))]
    samples.sort(key=lambda m: (places.get(m["id"], len(places)), int(m["epoch"])))
    return [match.string for match in samples]


def parts_of_samples(found: Entries) -> dict[str, dict[str, str]]:
    """Of samples that are split: folder → name within it → entry."""
    folders = [name.removesuffix("/sample.json") for name in found if name.endswith("/sample.json")]
    parts: dict[str, dict[str, str]] = {folder: {} for folder in folders}
    for name in found:
        match = PART.fullmatch(name)
        if match and match["folder"] in parts:
            parts[match["folder"]][match["part"]] = name
    return parts


def split_off(source: Source, found: Entries, parts: Mapping[str, str]) -> dict[str, object]:
    """Metadata and attachments of a sample that is split into several entries."""
    chunks = sorted((name for name in parts if name.startswith("attachments/")), key=first_in)
    told = {name: json.loads(content(source.path, found[parts[name]])) for name in chunks}
    texts = [text for name in chunks for text in list_of(told[name], name)]
    attachments = {str(number): text for number, text in enumerate(texts)}
    if "metadata.json" not in parts:
        return {"attachments": attachments}
    metadata = json.loads(content(source.path, found[parts["metadata.json"]]))
    return {"attachments": attachments, "metadata": metadata}


def first_in(name: str) -> int:
    """The number in a name: of the first thing that is in a chunk."""
    return int(name.rpartition("/")[2].removesuffix(".json"))


def whole(sample: Mapping[str, object]) -> dict[str, object]:
    """The sample without what is not imported, its references resolved."""
    attachments = sample.get("attachments")
    known = attachments if isinstance(attachments, Mapping) else {}
    unused = ("attachments", "events", "events_data", "store", "transcript", "message_pool")
    kept = {name: value for name, value in sample.items() if name not in unused}
    return {name: resolved(value, known) for name, value in kept.items()} if known else kept


def resolved(value: object, attachments: Mapping[str, object]) -> object:
    """The value with the texts that it refers to; where one is missing, the reference stays."""
    if isinstance(value, str) and value.startswith(PROTOCOLS):
        return attachments.get(value.partition("://")[2], value)
    if isinstance(value, list):
        return [resolved(each, attachments) for each in value]
    if isinstance(value, dict):
        return {name: resolved(each, attachments) for name, each in value.items()}
    return value
