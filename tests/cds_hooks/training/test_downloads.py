import io
import tarfile
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from cds_hooks.training.downloads import PUBLIC, NotDownloaded, PublicFile, fetch
from tests.cds_hooks.engine.service_at_hand import CDSService, listening


def ignore(_share: float, _doing: str) -> None:
    pass


def zipped(name: str = "set/p1.psv", content: str = "HR|Temp\n") -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(name, content)
    return written.getvalue()


def tarred(name: str) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = 3
        archive.addfile(entry, io.BytesIO(b"a,b"))
    return written.getvalue()


def fetched(content: bytes, name: str, folder: Path, sha256: str = "") -> str:
    with listening(CDSService(discovery=content)) as publisher:
        return fetch(PublicFile(f"{publisher.url}/{name}", name, sha256), folder, progress=ignore)


def test_a_zip_is_unpacked_and_its_hash_given(tmp_path: Path) -> None:
    content = zipped()
    assert fetched(content, "a.zip", tmp_path) == sha256(content).hexdigest()
    assert (tmp_path / "set" / "p1.psv").read_text() == "HR|Temp\n"


def test_a_tar_is_unpacked(tmp_path: Path) -> None:
    fetched(tarred("set-a/132539.txt"), "set-a.tar.gz", tmp_path)
    assert (tmp_path / "set-a" / "132539.txt").read_bytes() == b"a,b"


def test_a_plain_file_is_kept_as_it_came(tmp_path: Path) -> None:
    fetched(b"RecordID,SAPS-I\n", "Outcomes-a.txt", tmp_path)
    assert (tmp_path / "Outcomes-a.txt").read_bytes() == b"RecordID,SAPS-I\n"
    assert [path.name for path in tmp_path.iterdir()] == ["Outcomes-a.txt"]


def test_a_file_that_is_pinned_must_be_that_file(tmp_path: Path) -> None:
    with pytest.raises(NotDownloaded, match="not the file that was pinned"):
        fetched(zipped(), "a.zip", tmp_path, sha256="0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_a_pinned_file_passes(tmp_path: Path) -> None:
    content = zipped()
    pin = sha256(content).hexdigest()
    assert fetched(content, "a.zip", tmp_path, sha256=pin) == pin


def test_what_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    content = zipped()
    (tmp_path / "a.zip").write_bytes(content)
    file = PublicFile("http://127.0.0.1:9/a.zip", "a.zip")
    assert fetch(file, tmp_path, progress=ignore) == sha256(content).hexdigest()
    assert (tmp_path / "set" / "p1.psv").is_file()


def test_progress_ends_at_one(tmp_path: Path) -> None:
    told: list[float] = []
    with listening(CDSService(discovery=b"x" * 200_000)) as publisher:
        file = PublicFile(publisher.url, "file.txt")
        fetch(file, tmp_path, progress=lambda share, _: told.append(share))
    assert told == sorted(told)
    assert told[-1] == 1


def test_a_publisher_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotDownloaded, match="ConnectionError"):
        fetch(PublicFile("http://127.0.0.1:9/a.zip", "a.zip"), tmp_path, progress=ignore)


def test_a_damaged_archive_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotDownloaded, match=r"a\.zip cannot be unpacked"):
        fetched(zipped()[:40], "a.zip", tmp_path)


@pytest.mark.parametrize("name", ["../out.txt", "/out.txt"])
def test_an_archive_cannot_write_outside_the_folder(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    fetched(zipped(name), "a.zip", folder)
    assert not (tmp_path / "out.txt").exists()
    assert (folder / "out.txt").is_file()


def test_a_tar_that_would_write_outside_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with pytest.raises(NotDownloaded):
        fetched(tarred("../out.txt"), "a.tar.gz", folder)
    assert not (tmp_path / "out.txt").exists()


def test_every_public_data_set_says_its_licence_and_citation() -> None:
    for public in PUBLIC.values():
        assert public.licence
        assert public.citation
        assert all(file.url.startswith("https://") for file in public.files)
