"""The first pass: each resource once, into the partition of its patient."""

import os
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO
from zlib import crc32

import msgspec
from pyarrow import ArrowException, fs

from cds_hooks.population.inputs import InputFile, Line, lines
from fhir_adapters.r4.references import relative
from fhir_adapters.readers.read import RESOURCE_TYPES

SHARED = "shared.ndjson"
"""Resources that are of no patient, which others point at."""

_SHARED_TYPES = frozenset({"Medication", "Location"})
_PATIENT = re.compile(rb'"(?:[^"\s]*/)?Patient/([A-Za-z0-9.\-]{1,64})"')
_KIND = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]+)"')
_PROGRESS = 20_000
"""After how many resources it is told how far the pass is."""


class _Reference(msgspec.Struct):
    reference: str = ""


class _Header(msgspec.Struct, rename="camel"):
    """Of a resource what it is and whose."""

    resource_type: str
    id: str = ""
    subject: _Reference | None = None
    patient: _Reference | None = None


class Quarantined(msgspec.Struct, frozen=True):
    """What could not be used: where it stands, and why; never what it says."""

    file: str
    line: int
    reason: str


class Damage(msgspec.Struct, frozen=True):
    """Stands in a partition for a line that could not be read, by the types that are legible."""

    damaged: tuple[str, ...]


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """What the first pass found; resources by type.

    `unknown` are the lines in the quarantine of which it cannot be told whose they are, `broken`
    the files of which the rest could not be read, `cut` the types that were in those: anyone may
    have more of them.
    """

    partitions: int
    bytes: int
    resources: dict[str, int]
    not_read: dict[str, int]
    quarantined: int
    unknown: int
    broken: tuple[str, ...]
    cut: tuple[str, ...]


class _Refused(Exception):
    """A line that goes into the quarantine, and why."""


class _Broken(_Refused):
    """The rest of a file, which cannot be read."""


_headers = msgspec.json.Decoder(_Header)


def split(
    system: fs.FileSystem,
    files: list[InputFile],
    folder: Path,
    *,
    partitions: int,
    told: Callable[[int], None],
) -> Split:
    """Fills the folder with partitions, `shared.ndjson` and `quarantine.ndjson`, from the start.

    `told` is given the number of resources now and then.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    counts, not_read, found, done = Counter[str](), Counter[str](), Counter[str](), 0
    broken = []
    types: dict[str, set[str]] = defaultdict(set)
    with ExitStack() as opened:
        places = [opened.enter_context(partition(folder, n).open("wb")) for n in range(partitions)]
        shared = opened.enter_context((folder / SHARED).open("wb"))
        quarantine = opened.enter_context((folder / "quarantine.ndjson").open("wb"))
        for file, each in _all(system, files):
            done += 1
            if done % _PROGRESS == 0:
                told(done)
            try:
                kind = _placed(each, places, shared, not_read)
                counts[kind] += 1
                types[file.path].add(kind)
            except _Refused as refused:
                found["quarantined"] += 1
                if isinstance(refused, _Broken):
                    broken.append(file)
                else:
                    found["unknown"] += not _told_to_its_patient(each, places)
                why = Quarantined(file.name, each.number, str(refused))
                quarantine.write(msgspec.json.encode(why) + b"\n")
    counts.pop("", None)
    made = Split(
        partitions=partitions,
        bytes=sum(each.size for each in files),
        resources=dict(sorted(counts.items())),
        not_read=dict(sorted(not_read.items())),
        quarantined=found["quarantined"],
        unknown=found["unknown"],
        broken=tuple(file.name for file in broken),
        cut=tuple(sorted({kind for each in broken for kind in types[each.path] | _named(each)})),
    )
    written(folder / "split.json", msgspec.json.encode(made))
    return made


def _named(file: InputFile) -> set[str]:
    """The type that the file is named for, as in `Condition.000.ndjson`."""
    return {file.name.partition(".")[0]} & set(RESOURCE_TYPES)


def partition(folder: Path, number: int) -> Path:
    """Where the lines of a partition are: the patient's id, a tab and the resource."""
    return folder / f"part-{number:05}.tsv"


def before(folder: Path) -> Split | None:
    """What an earlier first pass found, if it came to its end."""
    try:
        return msgspec.json.decode((folder / "split.json").read_bytes(), type=Split)
    except FileNotFoundError:
        return None


def written(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all."""
    beside = path.with_name(f".{path.name}")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _all(system: fs.FileSystem, files: list[InputFile]) -> Iterator[tuple[InputFile, Line]]:
    """Every resource; where a file breaks, an empty line stands for the rest of it."""
    for file in files:
        number = 0
        try:
            for each in lines(system, file):
                number = each.number
                yield file, each
        except (ArrowException, OSError, ValueError):
            yield file, Line(number + 1, b"")


def _placed(
    line: Line, places: Sequence[IO[bytes]], shared: IO[bytes], not_read: Counter[str]
) -> str:
    """Writes a resource where it belongs; its type, "" for one of a type that is not read."""
    if not line.content:
        raise _Broken("the rest of the file cannot be read")
    try:
        header = _headers.decode(line.content.decode())
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise _Refused("not a FHIR resource in JSON") from None
    kind = header.resource_type
    if kind in _SHARED_TYPES:
        shared.write(_on_one_line(line.content))
        return kind
    if kind not in RESOURCE_TYPES:
        not_read[kind] += 1
        return ""
    _write(places, _patient(header), line.content)
    return kind


def _write(places: Sequence[IO[bytes]], patient: bytes, content: bytes) -> None:
    places[crc32(patient) % len(places)].write(patient + b"\t" + _on_one_line(content))


def _on_one_line(content: bytes) -> bytes:
    """JSON has line ends between its members alone: inside of texts they are escaped."""
    return content.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"


def _told_to_its_patient(line: Line, places: Sequence[IO[bytes]]) -> bool:
    """Notes a damaged line with each patient that it names; whether it names any.

    One of a type that no service reads is nobody's loss.
    """
    types = legible_types(line.content)
    if types and not RESOURCE_TYPES & set(types):
        return True
    patients = sorted({each.decode() for each in _PATIENT.findall(line.content)})
    for patient in patients:
        _write(places, patient.encode(), msgspec.json.encode(Damage(types)))
    return bool(patients)


def legible_types(content: bytes) -> tuple[str, ...]:
    """The types of resource that a damaged line names."""
    return tuple(sorted({each.decode() for each in _KIND.findall(content)}))


def _patient(header: _Header) -> bytes:
    if header.resource_type == "Patient":
        named = header.id
    else:
        pointed = header.subject or header.patient
        target = relative(pointed.reference) if pointed else ""
        named = target.removeprefix("Patient/") if target.startswith("Patient/") else ""
    if not named or not named.isprintable():
        raise _Refused(f"a {header.resource_type} that does not say whose it is")
    return named.encode()
