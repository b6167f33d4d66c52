"""Where photo files are kept: a folder on this machine or a bucket, chosen by ``PHOTO_STORE_URL``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import obstore
from flask_babel import lazy_gettext as _l
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import ObjectStore, from_url

from marketplace.errors import NotFound, Refusal

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

# Lower-case words, figures, and dots inside a name: no way up, no hidden file, no second slash.
_KEY = re.compile(r"\A[a-z0-9_-]+(?:\.[a-z0-9_-]+)*(?:/[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)*\Z")
_LONGEST_KEY = 200
PROBE = "doctor/probe.txt"

# A visitor waits for a bucket, so one that does not answer is given up soon; the form says so and loses nothing.
_PATIENCE: ClientConfig = {"connect_timeout": timedelta(seconds=2), "timeout": timedelta(seconds=6)}
_RETRY: RetryConfig = {"max_retries": 1, "retry_timeout": timedelta(seconds=6)}


class NoSuchPhoto(NotFound):
    """There is no file of that name, or the name is none the store would ever give (X13)."""


class PhotoStoreUnavailable(Refusal):
    """The disk is full or the bucket does not answer; no part of the file was kept."""

    message = _l("The photo could not be kept. Nothing was lost; try again in a few minutes.")
    status = 503


class PhotoStore(Protocol):
    """Files by key, written once.

    Each method raises ``NoSuchPhoto`` for a key the store would never give out and ``PhotoStoreUnavailable`` where the
    place itself fails.
    """

    def put(self, key: str, data: bytes) -> bool:
        """Write the whole file or nothing. False where the key is taken: the file that is there stays."""
        ...

    def get(self, key: str) -> bytes:
        """The bytes of a file; ``NoSuchPhoto`` where there is none."""
        ...

    def exists(self, key: str) -> bool: ...

    def delete(self, key: str) -> None:
        """Remove a file; harmless where there is none."""
        ...

    def list(self, folder: str = "", *, before: datetime | None = None) -> list[str]:
        """The keys under a folder, or all of them, in alphabetical order; with ``before`` what was written by then."""
        ...

    def trouble(self) -> str:
        """Why no photo could be kept right now, in words for the operator; empty where one could."""
        ...


def open_photo_store(url: str, *, allow_http: bool = False) -> PhotoStore:
    """The store at ``file:///folder`` (made if missing), ``s3://bucket/prefix`` or ``memory:///``.

    A bucket takes its region, credentials and endpoint from the usual ``AWS_…`` variables; ``allow_http`` lets that
    endpoint be one without TLS. Raises ``ValueError`` for another
    address.
    """
    if url.startswith("file:///"):
        return ObjectPhotoStore(from_url(url, mkdir=True))
    if url.startswith("s3://"):
        return ObjectPhotoStore(
            from_url(url, client_options={**_PATIENCE, "allow_http": allow_http}, retry_config=_RETRY)
        )
    if url.startswith("memory:///"):
        return ObjectPhotoStore(from_url(url))
    raise ValueError(f"photos cannot be kept at {url!r}: use file:///folder or s3://bucket/prefix")


class ObjectPhotoStore:
    """A ``PhotoStore`` on anything obstore can open; the same code for a folder and a bucket."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, key: str, data: bytes) -> bool:
        try:
            with _failures_named():
                # In one piece: an upload in parts cannot promise to write only where nothing is.
                obstore.put(self._store, _checked(key), data, mode="create", use_multipart=False)
        except AlreadyExistsError:
            return False
        return True

    def get(self, key: str) -> bytes:
        with _failures_named():
            return bytes(obstore.get(self._store, _checked(key)).bytes())

    def exists(self, key: str) -> bool:
        checked = _checked(key)
        try:
            with _failures_named():
                obstore.head(self._store, checked)
        except NoSuchPhoto:
            return False
        return True

    def delete(self, key: str) -> None:
        checked = _checked(key)
        with suppress(NoSuchPhoto), _failures_named():
            obstore.delete(self._store, checked)

    def list(self, folder: str = "", *, before: datetime | None = None) -> list[str]:
        prefix = _checked(folder) if folder else None
        with _failures_named():
            entries = obstore.list(self._store, prefix=prefix).collect()
        return sorted(entry["path"] for entry in entries if before is None or entry["last_modified"] <= before)

    def trouble(self) -> str:
        try:
            self.delete(PROBE)
            self.put(PROBE, b"written and removed by flask doctor")
            self.delete(PROBE)
        except PhotoStoreUnavailable as failure:
            return f"nothing can be written: {type(failure.__cause__).__name__}"
        return ""


@contextmanager
def _failures_named() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise NoSuchPhoto() from None
    except AlreadyExistsError:
        raise
    except (BaseError, OSError) as failure:
        raise PhotoStoreUnavailable() from failure


def _checked(key: str) -> str:
    if len(key) > _LONGEST_KEY or not _KEY.match(key):
        raise NoSuchPhoto()
    return key
