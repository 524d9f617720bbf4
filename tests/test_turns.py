"""Whose turn it is in the queue: pages take turns, nobody holds more than a share, and each learns its place."""

from __future__ import annotations

import os
import sys
import threading
from collections import namedtuple
from pathlib import Path

import gradio as gr
import httpx
import pytest

import ui.turns
from ui.components.component import component, on_stream
from ui.own_machine import trust_proxy_of_space
from ui.turns import Limits, Turns, in_turns

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from _page_client import App, Page, RefusedError

LIMITS = Limits(all=7, address=5, page=2)


class Kitchen:
    """A page whose one event waits until the test lets it go on, and notes down the order."""

    def __init__(self) -> None:
        self.gate, self.at_work, self.served = threading.Semaphore(0), threading.Semaphore(0), []
        with gr.Blocks() as self.page:
            stove = component("stove", events=("request",))
            on_stream(stove.request, self.cook, [stove], stove, failure="stove", queue="stove", at_once=1)
        self.page.queue()
        self.turns = Turns(self.page, LIMITS)
        _, self.url, _ = self.page.launch(prevent_thread_lock=True, quiet=True, show_error=False, ssr_mode=False)

    def cook(self, value):
        self.at_work.release()
        assert self.gate.acquire(timeout=60)
        self.served.append(value)
        return {"done": value}

    def begin(self, page: Page, value: str) -> None:
        """Send a request and wait until it is being answered."""
        page.join("stove", "request", value)
        assert self.at_work.acquire(timeout=60)


@pytest.fixture
def kitchen():
    made = Kitchen()
    yield made
    for _ in range(20):
        made.gate.release()
    made.page.close()


def wait(page: Page, value: str) -> None:
    page.join("stove", "request", value)


def test_pages_take_turns_and_learn_their_place(kitchen):
    server = App.open(kitchen.url)
    first, second, third = (Page(server) for _ in range(3))
    kitchen.begin(first, "a1")
    assert kitchen.turns.ahead(first.session) is None  # it has begun
    for page, value in ((first, "a2"), (first, "a3"), (second, "b1"), (second, "b2"), (third, "c1")):
        wait(page, value)
    assert [kitchen.turns.ahead(page.session) for page in (first, second, third)] == [4, 5, 3]
    for _ in range(6):
        kitchen.gate.release()
    assert [message["msg"] for message in second.messages()].count("process_completed") == 2
    assert kitchen.served == ["a1", "a2", "b1", "c1", "a3", "b2"]


def test_a_page_holds_no_more_than_its_share(kitchen):
    page = Page(App.open(kitchen.url))
    kitchen.begin(page, "a1")
    wait(page, "a2")
    wait(page, "a3")
    with pytest.raises(RefusedError, match="2 requests of yours are waiting already") as refused:
        wait(page, "a4")
    assert refused.value.status == 503


def test_an_address_holds_no_more_than_its_share_however_many_pages_it_claims(kitchen):
    server = App.open(kitchen.url)
    kitchen.begin(Page(server), "first")
    for _ in range(LIMITS.address):
        wait(Page(server), "waiting")
    with pytest.raises(RefusedError, match="5 requests of yours are waiting already"):
        wait(Page(server), "one more")
    server.http.headers["X-Forwarded-For"] = "203.0.113.9"  # somebody else, as the proxy of this machine says
    wait(Page(server), "another address")
    wait(Page(server), "another address")
    with pytest.raises(RefusedError, match="its queue is full"):
        wait(Page(server), "more than all may wait")


def test_responses_that_nobody_fetches_are_dropped_after_a_while(kitchen, monkeypatch):
    server = App.open(kitchen.url)
    absent, waiting, late = (Page(server) for _ in range(3))
    kitchen.begin(absent, "a1")
    wait(waiting, "b1")
    kitchen.gate.release()
    assert kitchen.at_work.acquire(timeout=60)  # of the second: the first is done, and nobody has asked for it
    monkeypatch.setattr(ui.turns, "KEEP_SECONDS", -1.0)
    wait(late, "c1")
    with pytest.raises(httpx.HTTPError):  # the server knows of nothing that it owes this page
        assert not [message for message in absent.messages() if message["msg"] == "process_completed"]
    for _ in range(2):
        kitchen.gate.release()
    assert "process_completed" in [message["msg"] for message in waiting.messages()]


def test_the_order_is_by_rounds_and_within_a_round_by_arrival():
    Event = namedtuple("Event", "session_hash number")
    events = [Event(page, number) for number, page in enumerate("aaabbc")]
    assert [(one.session_hash, one.number) for one in in_turns(events)] == [
        *(("a", 0), ("b", 3), ("c", 5)),
        *(("a", 1), ("b", 4)),
        ("a", 2),
    ]
    assert in_turns(in_turns(events)) == in_turns(events)


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", "9" * 9])
def test_a_limit_that_is_none_is_refused(monkeypatch, value):
    monkeypatch.setenv("LATENTSCAPE_QUEUE_PER_PAGE", value)
    with pytest.raises(SystemExit, match="LATENTSCAPE_QUEUE_PER_PAGE is"):
        Limits.from_environment()


@pytest.mark.parametrize(("space", "trusted"), [("someone/latentscape", "*"), ("", None)])
def test_on_a_space_visitors_have_addresses_of_their_own(monkeypatch, space, trusted):
    monkeypatch.setenv("SPACE_ID", space)
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "as it was")
    monkeypatch.delenv("FORWARDED_ALLOW_IPS")
    trust_proxy_of_space()
    assert os.environ.get("FORWARDED_ALLOW_IPS") == trusted


def test_limits_are_settings(monkeypatch):
    monkeypatch.setenv("LATENTSCAPE_QUEUE", "9")
    monkeypatch.setenv("LATENTSCAPE_QUEUE_PER_ADDRESS", " ")
    assert Limits.from_environment() == Limits(all=9, address=64, page=16)


def test_the_app_tells_a_page_its_place(faces_url):
    page = Page(App.open(faces_url))
    assert page.at_once("header", "place", None) == [{"ahead": None}]


def test_many_visitors_of_the_app_see_the_pictures_that_are_drawn_alone(faces_url, call):
    status, printed = call("load_test.py", faces_url, "--clients", 4, "--requests", 6, "--minutes", 2)
    assert status == 0, printed
    assert "24 requests of 4 clients" in printed and "0 went wrong" in printed
    assert "requests of each client that ended: 6, 6, 6, 6" in printed
    assert all(kind in printed for kind in ("draw a face", "sweep", "decode a code", "list the models"))


def test_a_load_test_says_when_a_picture_is_another_one(faces_url, call, monkeypatch):
    import _page_client

    prints = iter(range(10**6))
    monkeypatch.setattr(_page_client, "fingerprint", lambda response: str(next(prints)))
    status, printed = call("load_test.py", faces_url, "--clients", 1, "--requests", 1)
    assert status == 1 and "another picture than the one drawn alone" in printed
