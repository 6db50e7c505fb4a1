"""The files of a population and their resources: NDJSON, Bundles and Parquet, here or on S3."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from io import BufferedReader
from pathlib import PurePosixPath

import msgspec
from pyarrow import ArrowException, fs, parquet

NDJSON, BUNDLE, PARQUET = "ndjson", "json", "parquet"
_PART = 1 << 20
COMPRESSED = (".gz", ".zst")


class UnusableInput(Exception):
    """There is nothing to read; the message says where it was looked for."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file: `path` within its file system, and its kind."""

    path: str
    size: int
    kind: str

    @property
    def name(self) -> str:
        """Its name without folders."""
        return PurePosixPath(self.path).name


@dataclass(frozen=True, slots=True)
class Line:
    """One resource as it was sent, and where it stands: a line, an entry or a row, from 1."""

    number: int
    content: bytes


class _Entry(msgspec.Struct):
    resource: msgspec.Raw = msgspec.Raw(b"null")


class _Bundle(msgspec.Struct, tag_field="resourceType", tag="Bundle"):
    entry: list[_Entry] = []


_bundles = msgspec.json.Decoder(_Bundle)


def found(place: str) -> tuple[fs.FileSystem, list[InputFile]]:
    """The files of a folder, of a glob in its last part, or one; by path. Raises UnusableInput.

    `place` is a path, or a URI such as `s3://bucket/folder`.
    """
    folder, pattern = _folder(place)
    try:
        system, path = _system(folder)
        (info,) = system.get_file_info([path])
        chosen = (
            [info] if info.is_file else system.get_file_info(fs.FileSelector(path, recursive=True))
        )
    except (ArrowException, OSError, ValueError) as error:
        raise UnusableInput(f"{place} cannot be read ({type(error).__name__})") from None
    files = sorted(
        (
            InputFile(each.path, each.size, kind)
            for each in chosen
            if (kind := _kind(each, pattern))
        ),
        key=lambda each: each.path,
    )
    if not files:
        raise UnusableInput(
            f"{place} holds no *.ndjson, *.json or *.parquet, nor *.gz, *.zst of them"
        )
    return system, files


def _folder(place: str) -> tuple[str, str]:
    head, _, last = place.rpartition("/")
    return (head or ".", last) if any(each in last for each in "*?[") else (place, "*")


def _system(place: str) -> tuple[fs.FileSystem, str]:
    if "://" in place:
        system, path = fs.FileSystem.from_uri(place)
        return system, path
    return fs.LocalFileSystem(), place


def _kind(info: fs.FileInfo, pattern: str) -> str:
    if not info.is_file or not fnmatch(info.base_name, pattern):
        return ""
    name = PurePosixPath(info.base_name.lower())
    if name.suffix in COMPRESSED:
        name = name.with_suffix("")
    kind = name.suffix.removeprefix(".")
    return kind if kind in (NDJSON, BUNDLE, PARQUET) else ""


def digest(system: fs.FileSystem, file: InputFile) -> str:
    """Its SHA-256; raises UnusableInput."""
    found = hashlib.sha256()
    try:
        with BufferedReader(system.open_input_stream(file.path, compression=None)) as stream:
            while part := stream.read(_PART):
                found.update(part)
    except (ArrowException, OSError) as error:
        raise UnusableInput(f"{file.name} cannot be read ({type(error).__name__})") from None
    return found.hexdigest()


def lines(system: fs.FileSystem, file: InputFile) -> Iterator[Line]:
    """Its resources; raises ArrowException, OSError or ValueError where it breaks."""
    match file.kind:
        case "ndjson":
            with BufferedReader(system.open_input_stream(file.path)) as stream:
                for number, content in enumerate(stream, 1):
                    if text := content.strip():
                        yield Line(number, text)
        case "json":
            with system.open_input_stream(file.path) as stream:
                bundle = _bundles.decode(stream.read().removeprefix(b"\xef\xbb\xbf"))
            for number, entry in enumerate(bundle.entry, 1):
                yield Line(number, bytes(entry.resource))
        case _:
            yield from _rows(system, file)


def _rows(system: fs.FileSystem, file: InputFile) -> Iterator[Line]:
    """Of Parquet each row: its column `resource` as text, or its columns as the elements."""
    number = 0
    with system.open_input_file(file.path) as opened:
        for batch in parquet.ParquetFile(opened).iter_batches(batch_size=1024):
            for row in batch.to_pylist():
                number += 1
                text = row.get("resource")
                whole = text if isinstance(text, str) else msgspec.json.encode(_without_nulls(row))
                yield Line(number, whole.encode() if isinstance(whole, str) else whole)


def _without_nulls(value: object) -> object:
    """The value as JSON would have it: a column that a row lacks is null in Parquet."""
    if isinstance(value, dict):
        items = ((key, _without_nulls(each)) for key, each in value.items())
        return {key: each for key, each in items if each is not None and each != {} and each != []}
    if isinstance(value, list):
        return [_without_nulls(each) for each in value]
    return value
