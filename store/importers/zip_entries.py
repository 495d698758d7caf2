"""Entries of a zip one by one, those too that are compressed by zstandard (method 93), which the
standard library reads only from Python 3.14 on."""

import struct
import zipfile
import zlib
from pathlib import Path

import pyarrow

STORED, DEFLATED, ZSTANDARD = 0, 8, 93
LOCAL_HEADER = 30  # bytes, before the entry's name and its extra field


def entries(path: Path) -> dict[str, zipfile.ZipInfo]:
    """The entries by name; of one that was written twice, the last. Raises ValueError."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {info.filename: info for info in archive.infolist() if not info.is_dir()}
    except (OSError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} cannot be read as a zip: {error}.") from error


def content(path: Path, info: zipfile.ZipInfo) -> bytes:
    """What the entry holds. Raises ValueError, without the file's name, where it is damaged."""
    with path.open("rb") as file:
        file.seek(info.header_offset)
        header = file.read(LOCAL_HEADER)
        if len(header) < LOCAL_HEADER or header[:4] != b"PK\x03\x04":
            raise ValueError("is damaged: it does not begin as an entry of a zip")
        file.seek(sum(struct.unpack("<HH", header[26:30])), 1)
        packed = file.read(info.compress_size)
    found = unpacked(packed, info)
    if len(found) != info.file_size or zlib.crc32(found) != info.CRC:
        raise ValueError("is damaged: its checksum is not that of its content")
    return found


def unpacked(packed: bytes, info: zipfile.ZipInfo) -> bytes:
    """The bytes, decompressed. Raises ValueError."""
    if info.flag_bits & 1:
        raise ValueError("is encrypted")
    try:
        if info.compress_type == STORED:
            return packed
        if info.compress_type == DEFLATED:
            return zlib.decompress(packed, -zlib.MAX_WBITS)
        if info.compress_type == ZSTANDARD:
            stream = pyarrow.CompressedInputStream(pyarrow.BufferReader(packed), "zstd")
            return bytes(stream.read())
    except (zlib.error, OSError) as error:
        raise ValueError(f"is damaged: {error}") from error
    raise ValueError(f"is compressed by the method {info.compress_type}, which cannot be read")
