"""What tests of importers write and read: small files of other harnesses, and the store."""

import json
import struct
import zlib

import pyarrow
import pyarrow.parquet

from store.build import publish
from store.location import connect

# Of lighteval.
NAME = "details_lighteval|sums|5_2025-03-04T05-06-07.891011.parquet"


def rows(study, query):
    """What the published study answers."""
    with connect(publish(study).path) as connection:
        return connection.execute(query).fetchall()


def jsonl(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def whole(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def faults(study):
    """Place and field of every bad record of the one import."""
    (report,) = (study / "imports").glob("*/bad.jsonl")
    return [
        (bad["where"], bad["field"]) for bad in map(json.loads, report.read_text().splitlines())
    ]


def zstd(octets):
    sink = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(octets)
    return sink.getvalue().to_pybytes()


def deflate(octets):
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(octets) + packer.flush()


PACKED = {0: bytes, 8: deflate, 93: zstd}


def zipped(path, entries, method=93, crc_error=()):
    """A zip by its specification: the standard library writes no method 93."""
    body, directory = b"", b""
    for name, value in entries:
        content = value if isinstance(value, bytes) else json.dumps(value).encode()
        packed = PACKED[method](content)
        crc = zlib.crc32(content) ^ (name in crc_error)
        sizes = struct.pack("<IIIHH", crc, len(packed), len(content), len(name.encode()), 0)
        start = struct.pack("<HHHHH", 20, 0, method, 0, 0) + sizes
        directory += b"PK\1\2" + struct.pack("<H", 20) + start
        directory += struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name.encode()
        body += b"PK\3\4" + start + name.encode() + packed
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    path.write_bytes(body + directory + b"PK\5\6" + end)
    return path


def detail(id="0", texts=("4",), tokens=None, metric=None, **doc):
    return {
        "__doc__": {
            "id": id, "query": f"2+2, {id}?", "choices": ["3", "4"], "gold_index": [1],
            "task_name": "lighteval|sums|5", "generation_size": 64,
            "specific": {"year": 7}, **doc,
        },
        "__model_response__": {
            "input": "Q: 2+2?", "text": list(texts), "logprobs": [],
            "output_tokens": tokens or [[5, i] for i in range(len(texts))],
        },
        "__metric__": metric or {"em": 1.0},
    }  # fmt: skip


def parquet(path, *details):
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(details)), path)
    return path


def predicted(index, text, **fields):
    choice = {"message": {"role": "assistant", "content": text}, "stop_reason": "max_tokens"}
    output = {"model": "small", "choices": [choice], "usage": {"output_tokens": 9}}
    messages = [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": text}]
    return {
        "index": index, "model": "small", "model_output": output, "messages": messages, **fields,
    }  # fmt: skip


def reviewed(index, group, nth, acc, extracted="4", **score):
    found = {"value": {"f1": 0.5, "acc": acc}, "main_score_name": "acc", **score}
    told = {
        "score": {**found, "extracted_prediction": extracted},
        "sample_id": index, "group_id": group, "generation_index": nth,
        "sample_metadata": {"level": 2},
    }  # fmt: skip
    return {"index": index, "target": "4", "sample_score": told}
