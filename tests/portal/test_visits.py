from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.datastructures import State
from starlette.requests import Request

from app.kernel.wording import wording
from app.portal.visits import HEADER_LENGTH_MAX, Visit, explain, verdict, visit_of
from app.web.dependencies import network_of
from tests.fakes import START

PHONE = Visit(
    source="203.0.113.7",
    user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/605.1",
    accept_language="es-ES,es;q=0.9",
    signals={"method": "GET", "sec-fetch-user": "?1", "sec-fetch-site": "none"},
)
LONG_AGO = START - timedelta(hours=3)


def test_a_browser_that_followed_a_link_looks_like_a_person() -> None:
    assert verdict(PHONE, LONG_AGO, START) == ("human", ["followed_link"])


@pytest.mark.parametrize(
    ("visit", "sign"),
    [
        (replace(PHONE, signals={"method": "HEAD", "sec-fetch-user": "?1"}), "head_request"),
        (replace(PHONE, signals={**PHONE.signals, "sec-purpose": "prefetch"}), "prefetch"),
        (replace(PHONE, signals={**PHONE.signals, "purpose": "preview"}), "prefetch"),
        (replace(PHONE, user_agent=""), "no_user_agent"),
        (replace(PHONE, user_agent="Googlebot/2.1"), "robot_user_agent"),
        (replace(PHONE, user_agent="HeadlessChrome/150"), "robot_user_agent"),
        (replace(PHONE, user_agent="WhatsApp/2.26"), "robot_user_agent"),
        (replace(PHONE, user_agent="curl/8"), "robot_user_agent"),
    ],
)
def test_one_sure_sign_makes_a_machine(visit: Visit, sign: str) -> None:
    assert verdict(visit, LONG_AGO, START) == ("machine", [sign])


def test_one_soft_sign_leaves_doubt_and_two_do_not() -> None:
    just_now = START - timedelta(seconds=3)
    assert verdict(PHONE, just_now, START) == ("unknown", ["soon_after_sending"])
    mute = replace(PHONE, accept_language="")
    assert verdict(mute, None, START) == ("unknown", ["no_accept_language"])
    both = ["soon_after_sending", "no_accept_language"]
    assert verdict(mute, just_now, START) == ("machine", both)


def test_two_minutes_after_sending_it_is_no_longer_soon() -> None:
    assert verdict(PHONE, START - timedelta(seconds=120), START)[0] == "human"


def test_the_pages_to_accept_and_to_reject_at_once_are_no_persons() -> None:
    one = verdict(PHONE, LONG_AGO, START, pages={"document", "accept", "pay"})
    assert one == ("human", ["followed_link"])
    both = verdict(PHONE, LONG_AGO, START, pages={"accept", "reject"})
    assert both == ("machine", ["opened_all_pages"])


def test_signs_are_put_into_words() -> None:
    told = explain(["head_request", "no_accept_language"], "es")
    assert told == "Solo pidió las cabeceras, sin idioma."
    assert explain(["touch.accept"], "en") == "Accepted."


def test_every_sign_has_its_words() -> None:
    odd = replace(PHONE, user_agent="", accept_language="", signals={"method": "HEAD"})
    signs = {*verdict(odd, START, START)[1], *verdict(PHONE, None, START)[1]}
    robot = replace(odd, user_agent="bot/1", signals={"purpose": "prefetch"})
    signs |= {*verdict(robot, None, START)[1]}
    signs |= {*verdict(PHONE, None, START, pages={"accept", "reject"})[1]}
    assert signs == {one for one in wording("evidence", "es").texts if "." not in one}
    assert wording("evidence", "es").texts.keys() == wording("evidence", "en").texts.keys()


def _request(*headers: tuple[str, str]) -> Request:
    app = type("App", (), {"state": State({"trusted_proxies": 0})})()
    return Request(
        {
            "type": "http",
            "method": "GET",
            "app": app,
            "client": ("203.0.113.7", 4711),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
        }
    )


def test_headers_are_bounded_and_cleaned() -> None:
    agent = "A\x1b[31m\r\nB" + "x" * 999
    visit = visit_of(_request(("user-agent", agent), ("purpose", "prefetch")))
    assert visit.user_agent.startswith("A[31mB")
    assert len(visit.user_agent) <= HEADER_LENGTH_MAX
    assert visit.signals == {"method": "GET", "purpose": "prefetch"}
    assert visit.source == "203.0.113.7"
    assert visit.accept_language == ""


@pytest.mark.parametrize(
    ("source", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("unknown", "unknown"),
    ],
)
def test_a_source_is_counted_by_its_network(source: str, network: str) -> None:
    assert network_of(source) == network
