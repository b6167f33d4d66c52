"""Photo files are written once, whole or not at all, and only where photos belong."""

from __future__ import annotations

import resource
from pathlib import Path
from threading import Barrier, Thread

import pytest

from marketplace.listings.photo_store import NoSuchPhoto, PhotoStore, PhotoStoreUnavailable, open_photo_store

KEY = "photos/ab/abcdef/640.webp"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "not made yet" / "photos"


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, folder: Path) -> PhotoStore:
    return open_photo_store(folder.as_uri() if request.param == "file" else "memory:///")


class TestKeeping:
    def test_what_was_put_is_there(self, store: PhotoStore) -> None:
        assert store.exists(KEY) is False
        assert store.put(KEY, b"webp bytes") is True
        assert store.exists(KEY) is True
        assert store.get(KEY) == b"webp bytes"

    def test_a_file_is_never_overwritten(self, store: PhotoStore) -> None:
        store.put(KEY, b"first")

        assert store.put(KEY, b"second") is False
        assert store.get(KEY) == b"first"

    def test_a_missing_file_is_not_found(self, store: PhotoStore) -> None:
        with pytest.raises(NoSuchPhoto) as refused:
            store.get(KEY)
        assert refused.value.status == 404

    def test_deleting_twice_is_harmless(self, store: PhotoStore) -> None:
        store.put(KEY, b"webp bytes")
        store.delete(KEY)
        store.delete(KEY)

        assert store.exists(KEY) is False
        assert store.put(KEY, b"again") is True

    def test_listing_is_by_folder_and_in_order(self, store: PhotoStore) -> None:
        keys = ["photos/ab/abcdef/320.webp", "photos/ab/abcdef/640.webp", "photos/cd/cdef/320.webp"]
        for key in reversed(keys):
            store.put(key, b"x")

        assert store.list() == keys
        assert store.list("photos/ab/abcdef") == keys[:2]
        assert store.list("photos/ef") == []

    def test_a_large_file_is_kept_whole(self, store: PhotoStore) -> None:
        data = bytes(range(256)) * 40_000  # 10 MB, beyond what would be cut into parts

        assert store.put(KEY, data) is True
        assert store.get(KEY) == data

    def test_of_two_writers_at_once_one_wins_whole(self, folder: Path) -> None:
        store = open_photo_store(folder.as_uri())
        contents = [bytes([number]) * 200_000 for number in range(8)]
        together, won = Barrier(len(contents)), []

        def write(data: bytes) -> None:
            together.wait()
            if store.put(KEY, data):
                won.append(data)

        writers = [Thread(target=write, args=(data,)) for data in contents]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()

        assert len(won) == 1
        assert store.get(KEY) == won[0]

    @pytest.mark.fault("W12")
    def test_a_write_that_fails_half_way_leaves_nothing(self, folder: Path) -> None:
        store = open_photo_store(folder.as_uri())
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, hard))  # the disk takes 64 kB of a file and no more
        try:
            with pytest.raises(PhotoStoreUnavailable) as refused:
                store.put(KEY, bytes(1_000_000))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

        assert refused.value.status == 503
        assert (store.exists(KEY), store.list()) == (False, [])
        assert store.put(KEY, bytes(1_000_000)) is True, "the place is free for the next attempt"


@pytest.mark.fault("X13")
class TestStayingInside:
    WRONG = (
        "",
        "/etc/passwd",
        "../secrets.txt",
        "photos/../../secrets.txt",
        "photos/..",
        "photos/./640.webp",
        "photos//640.webp",
        "photos/",
        "photos\\..\\secrets.txt",
        "photos/%2e%2e/secrets.txt",
        "photos/.hidden",
        "photos/640.webp\0.txt",
        "photos/640.webp\n",
        "photos/Ünlü.webp",
        "file:///etc/passwd",
        "a" * 201,
    )

    @pytest.mark.parametrize("key", WRONG)
    def test_a_key_that_leads_elsewhere_is_not_found(self, store: PhotoStore, folder: Path, key: str) -> None:
        (folder.parent).mkdir(parents=True, exist_ok=True)
        secret = folder.parent / "secrets.txt"
        secret.write_text("not yours")

        with pytest.raises(NoSuchPhoto):
            store.get(key)
        with pytest.raises(NoSuchPhoto):
            store.put(key, b"mine now")
        with pytest.raises(NoSuchPhoto):
            store.exists(key)
        with pytest.raises(NoSuchPhoto):
            store.delete(key)
        assert secret.read_text() == "not yours"
        assert store.list() == []


class TestAddresses:
    def test_a_folder_is_made_and_its_files_are_plain_files(self, folder: Path) -> None:
        open_photo_store(folder.as_uri()).put(KEY, b"webp bytes")

        assert (folder / KEY).read_bytes() == b"webp bytes"

    def test_a_bucket_is_opened_by_the_same_code(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_REGION", "eu-central-1")

        assert type(open_photo_store("s3://bucket/prefix")) is type(open_photo_store("memory:///"))

    @pytest.mark.parametrize("url", ["", "photos", "/var/photos", "ftp://host/photos", "http://host/photos"])
    def test_any_other_address_is_refused_at_start(self, url: str) -> None:
        with pytest.raises(ValueError, match="photos cannot be kept at"):
            open_photo_store(url)
