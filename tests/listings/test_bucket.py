"""Photos in a bucket: the same promises as in a folder, and a bucket that is away stops no sale (fault W12)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import requests
from flask import Flask
from moto.server import ThreadedMotoServer

from marketplace.listings.models import Listing
from marketplace.listings.photo_store import NoSuchPhoto, PhotoStore, PhotoStoreUnavailable, open_photo_store
from tests import photos as pictures
from tests.books import assert_books_balance
from tests.doubles.faults import lose_answer, refuse
from tests.doubles.server import Answer, Call, Double, answers
from tests.seller.test_photos import browser, draft, file_of, kept, url  # noqa: F401 (fixtures)
from tests.shopping import buy, live_listing
from tests.web import Browser, page, post_form

KEY = "photos/ab/abcdef/640.webp"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of an S3 of the tests' own."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    _host, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ACCESS_KEY_ID", "k"), ("SECRET_ACCESS_KEY", "s"), ("REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)


@pytest.fixture
def bucket(s3: str, credentials: None, monkeypatch: pytest.MonkeyPatch) -> PhotoStore:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3)
    requests.post(f"{s3}/moto-api/reset", timeout=5)
    requests.put(f"{s3}/shop-photos", timeout=5)
    return open_photo_store("s3://shop-photos/resale", allow_http=True)


def test_a_file_is_written_once_read_listed_and_removed(bucket: PhotoStore) -> None:
    other = "photos/cd/cdef/320.webp"
    assert (bucket.exists(KEY), bucket.put(KEY, b"first"), bucket.put(KEY, b"second")) == (False, True, False)
    assert bucket.put(other, b"x") is True
    assert (bucket.get(KEY), bucket.exists(KEY)) == (b"first", True)
    assert (bucket.list(), bucket.list("photos/ab"), bucket.list("photos/ef")) == ([KEY, other], [KEY], [])
    bucket.delete(KEY)
    bucket.delete(KEY)
    with pytest.raises(NoSuchPhoto):
        bucket.get(KEY)
    with pytest.raises(NoSuchPhoto):
        bucket.put("../elsewhere.webp", b"x")
    assert (bucket.put(KEY, b"again"), bucket.trouble()) == (True, "")


def test_a_large_file_is_kept_whole_and_under_the_prefix(bucket: PhotoStore) -> None:
    data = bytes(range(256)) * 40_000  # 10 MB, beyond what would be cut into parts
    assert bucket.put(KEY, data) is True
    assert bucket.get(KEY) == data
    assert open_photo_store("s3://shop-photos", allow_http=True).list() == [f"resale/{KEY}"]


def test_an_endpoint_without_a_lock_is_not_used_unasked(bucket: PhotoStore) -> None:
    assert "nothing can be written" in open_photo_store("s3://shop-photos/resale").trouble()


class BrokenBucket(Double):
    """An S3 that takes a call and does with it what it was told."""

    @answers("PUT", "/shop-photos/resale/photos/{a}/{b}/{c}")
    def write(self, call: Call) -> Answer:
        return Answer("", 200, {"ETag": '"1"'})


@pytest.fixture
def broken(app: Flask, credentials: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[BrokenBucket]:
    """The shop's bucket, on a bad day."""
    with BrokenBucket() as there:
        monkeypatch.setenv("AWS_ENDPOINT_URL", there.url)
        store = open_photo_store("s3://shop-photos/resale", allow_http=True)
        monkeypatch.setitem(app.extensions, "photo_store", store)
        yield there


@pytest.mark.fault("W12")
@pytest.mark.parametrize("how", ["down", "failing", "full", "silent"])
def test_a_bucket_that_takes_nothing_is_said_in_the_form_and_the_shop_sells(
    app: Flask,
    browser: Browser,  # noqa: F811 (a fixture)
    draft: Listing,  # noqa: F811 (a fixture)
    broken: BrokenBucket,
    how: str,
) -> None:
    fault = {"failing": refuse(500), "full": refuse(507), "silent": lose_answer("silence")}
    if how == "down":
        broken.stop()
    else:
        broken.always("write", fault[how])
    began = time.monotonic()
    answer = post_form(browser, url(draft), "photos", front=file_of(pictures.phone_photo()))
    assert time.monotonic() - began < 30
    assert answer.status_code == 422
    assert "could not be kept" in page(answer).get_text()
    assert kept() == []
    assert len(buy(app.test_client(), live_listing())) == 1  # type: ignore[arg-type]
    assert_books_balance(app)


def test_control_the_same_bucket_on_a_good_day_takes_what_it_is_given(
    credentials: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with BrokenBucket() as there:
        monkeypatch.setenv("AWS_ENDPOINT_URL", there.url)
        store = open_photo_store("s3://shop-photos/resale", allow_http=True)
        assert store.put(KEY, b"x") is True
        there.always("write", refuse(403))
        with pytest.raises(PhotoStoreUnavailable):
            store.put(KEY, b"x")
