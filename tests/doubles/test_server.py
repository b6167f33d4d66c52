"""The doubles' own ground: what is planned happens, to the call it was planned for, and the work is done or not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
import requests

from tests.doubles.control import Steered, arguments, serve
from tests.doubles.faults import Fault, answer_twice, fail_after_work, lose_answer, lose_request, refuse, slow
from tests.doubles.server import Answer, Call, answers

LOST = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


class Counter(Steered):
    """A service that counts things by name."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.things: dict[str, int] = {}

    @answers("POST", "/things/{thing}")
    def add(self, call: Call) -> Answer:
        name = call.parts["thing"]
        self.things[name] = self.things.get(name, 0) + 1
        return Answer({"thing": name, "count": self.things[name]}, 201)


@pytest.fixture
def counter() -> Iterator[Counter]:
    with Counter() as running:
        yield running


def add(counter: Counter, thing: str = "bags", **more: float) -> requests.Response:
    return requests.post(f"{counter.url}/things/{thing}", timeout=more.get("timeout", 5), data={"size": "l"})


def test_a_call_is_answered_and_remembered(counter: Counter) -> None:
    answer = add(counter, "a b")
    assert (answer.status_code, answer.json()) == (201, {"thing": "a b", "count": 1})
    [call] = counter.of("add")
    assert (call.method, call.path, call.form, call.answer.status) == ("POST", "/things/a%20b", [("size", "l")], 201)


@pytest.mark.parametrize("how", ["reset", "silence", "cut"])
def test_an_answer_is_lost_after_the_work(counter: Counter, how: str) -> None:
    counter.plan("add", lose_answer(how))
    with pytest.raises(LOST):
        add(counter, timeout=0.2)
    assert counter.things == {"bags": 1}
    assert add(counter).json()["count"] == 2  # only the one call was planned to go wrong


@pytest.mark.parametrize(
    ("fault", "status", "done"),
    [(refuse(503, {"error": "busy"}), 503, 0), (fail_after_work(500), 500, 1), (slow(0.05), 201, 1)],
)
def test_refused_failed_and_slow(counter: Counter, fault: Fault, status: int, done: int) -> None:
    counter.plan("add", fault)
    assert add(counter).status_code == status
    assert counter.things.get("bags", 0) == done


def test_a_lost_request_does_nothing(counter: Counter) -> None:
    counter.plan("add", lose_request())
    with pytest.raises(LOST):
        add(counter)
    assert counter.things == {}


def test_an_answer_can_come_twice_for_work_done_once(counter: Counter) -> None:
    counter.plan("add", answer_twice())
    assert add(counter).json()["count"] == 1
    assert add(counter).json()["count"] == 2


def test_a_service_that_is_down_refuses_and_comes_back_with_its_books(counter: Counter) -> None:
    with requests.Session() as kept:
        kept.post(f"{counter.url}/things/bags", timeout=5)
        counter.stop()
        with pytest.raises(LOST):
            kept.post(f"{counter.url}/things/bags", timeout=5)
        counter.start()
        assert add(counter).json()["count"] == 2


def test_many_callers_at_once_lose_nothing(counter: Counter) -> None:
    callers = [threading.Thread(target=add, args=(counter,)) for _ in range(12)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert (counter.things, counter.count("add")) == ({"bags": 12}, 12)


def test_misbehaviour_stands_until_it_is_lifted_and_must_name_an_operation(counter: Counter) -> None:
    counter.always("*", refuse(503))
    assert [add(counter).status_code for _ in range(3)] == [503] * 3
    counter.behave()
    assert add(counter).status_code == 201
    with pytest.raises(AssertionError, match="no operation 'ad'"):
        counter.plan("ad", slow(1))


def test_a_double_in_a_process_of_its_own_is_steered_over_http() -> None:
    command = [sys.executable, "-m", "tests.doubles.test_server", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()
        requests.post(f"{url}/_double/plan", json={"operation": "add", "faults": [{"status": 429}]}, timeout=5)
        statuses = [requests.post(f"{url}/things/hats", timeout=5).status_code for _ in range(2)]
        seen = requests.get(f"{url}/_double/calls", timeout=5).json()
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(5) == 0
    assert statuses == [429, 201]
    assert [(call["operation"], call["status"]) for call in seen] == [("add", 429), ("add", 201)]


if __name__ == "__main__":
    serve(Counter(arguments("test_server").parse_args().port))
