"""A label's document is fetched from Shippo's own hosts and from nowhere else."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from marketplace.shipping import label_fetching
from marketplace.shipping.label_fetching import MOST_BYTES, LabelNotFetched, fetch_label
from tests.doubles.server import Answer, Call, Double, answers

PDF = b"%PDF-1.4 a label"


class Shelf(Double):
    """Documents, good and bad."""

    @answers("GET", "/{name}")
    def document(self, call: Call) -> Answer:
        if call.parts["name"] == "away.pdf":
            return Answer(b"", 303, {"Location": f"{self.url}/label.pdf"})
        body = {"page.pdf": b"<html>", "large.pdf": PDF + b" " * MOST_BYTES}.get(call.parts["name"], PDF)
        return Answer(body, content_type="application/pdf")


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with Shelf() as running:
        yield running


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be connected to."""

    def refuse(*_wanted: object) -> None:
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_a_label_of_this_machines_api_comes_from_this_machine(shelf) -> None:
    assert fetch_label(f"{shelf.url}/label.pdf?Signature=a%2Bb", on_this_machine=True) == PDF
    [call] = shelf.calls
    assert (call.path, call.query) == ("/label.pdf", [("Signature", "a+b")])


@pytest.mark.fault("X09")
@pytest.mark.parametrize(
    "url",
    [
        "http://deliver.goshippo.com/a.pdf",
        "https://deliver.goshippo.com:8443/a.pdf",
        "https://deliver.goshippo.com.evil.example/a.pdf",
        "https://evilgoshippo.com/a.pdf",
        "https://deliver.goshippo.com@evil.example/a.pdf",
        "https://evil.example\\@deliver.goshippo.com/a.pdf",
        "https://other.s3.amazonaws.com/a.pdf",
        "https://169.254.169.254/latest/meta-data",
        "https://127.0.0.1/a.pdf",
        "https://[::1]/a.pdf",
        "https://localhost/a.pdf",
        "file:///etc/passwd",
        "//deliver.goshippo.com/a.pdf",
        "https://deliver.goshippo.com:x/a.pdf",
        "https://[deliver.goshippo.com/a.pdf",
        "https://deliver.goshippo.com/\r\nHost: evil",
        "https://deliver.goshippo.com/" + "a" * 3000,
        "",
    ],
)
def test_other_addresses_are_never_connected_to(nowhere, url: str) -> None:
    with pytest.raises(LabelNotFetched):
        fetch_label(url, on_this_machine=False)


@pytest.mark.fault("X09")
@pytest.mark.parametrize(
    "leads_to",
    [["10.0.0.7"], ["127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["169.254.169.254"], ["8.8.8.8", "10.0.0.7"]],
)
def test_a_name_of_shippos_that_leads_inside_is_not_followed(nowhere, monkeypatch, leads_to: list[str]) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in leads_to]
    monkeypatch.setattr(label_fetching.socket, "getaddrinfo", lambda *_args, **_more: found)
    with pytest.raises(LabelNotFetched, match="leads elsewhere"):
        fetch_label("https://deliver.goshippo.com/a.pdf", on_this_machine=False)


@pytest.mark.fault("X09")
def test_this_machines_labels_are_of_this_machine_alone(nowhere, monkeypatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 80))]
    monkeypatch.setattr(label_fetching.socket, "getaddrinfo", lambda *_args, **_more: found)
    with pytest.raises(LabelNotFetched, match="leads elsewhere"):
        fetch_label("http://labels.example/a.pdf", on_this_machine=True)


@pytest.mark.parametrize(
    ("name", "why"),
    [("away.pdf", "answered 303"), ("page.pdf", "not a PDF"), ("large.pdf", "too large")],
)
def test_what_is_no_label_is_not_taken(shelf, name: str, why: str) -> None:
    with pytest.raises(LabelNotFetched, match=why):
        fetch_label(f"{shelf.url}/{name}", on_this_machine=True)
    assert shelf.count("document") == 1


def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch) -> None:
    connected: list[object] = []

    def connect(_socket: socket.socket, address: object) -> None:
        connected.append(address)
        raise OSError("far enough")

    answers_in_turn = iter(["93.184.215.14", "10.0.0.7"])  # the second look at the name would lead inside

    def resolve(host: str, port: int, *_args: object, **_more: object) -> list[tuple[object, ...]]:
        address = host if host[0].isdigit() else next(answers_in_turn)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(label_fetching.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(LabelNotFetched):
        fetch_label("https://deliver.goshippo.com/a.pdf", on_this_machine=False)
    assert connected == [("93.184.215.14", 443)]
