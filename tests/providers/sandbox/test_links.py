"""Short links of all vendors: made, followed, counted, and gone when their time is over."""

import urllib.parse
from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any

import pytest

from providers.sandbox.server import SandboxServer

from . import helpers, karaden_customer, rakuten_customer
from .karaden_customer import request
from .rakuten_customer import SHORT_KEY, SHORT_SECRET, shown

LONG_URL = "https://example.jp/shop?item=1&from=sms"
DAY = 86400


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    accounts = [{**helpers.ACCOUNT, "domains": ["go.example.jp"]}, karaden_customer.ACCOUNT, rakuten_customer.ACCOUNT]
    with SandboxServer(accounts) as server:
        yield server


@pytest.fixture
def zettai(sandbox: SandboxServer) -> helpers.Customer:
    return helpers.Customer(sandbox)


@pytest.fixture
def karaden(sandbox: SandboxServer) -> karaden_customer.Customer:
    return karaden_customer.Customer(sandbox)


@pytest.fixture
def rakuten(sandbox: SandboxServer) -> rakuten_customer.Customer:
    return rakuten_customer.Customer(sandbox, SHORT_KEY, SHORT_SECRET)


def leads_to(url: str) -> str | None:
    reply = request("GET", url)
    assert reply.status in (302, 404)
    location: str | None = reply.headers["Location"]
    return location


def shorten(zettai: helpers.Customer, **values: str | None) -> dict[str, Any]:
    return zettai.post("p1/api/shortenurl.json", **{"longUrl": LONG_URL, **values})


def test_zettai_reach_makes_a_link_that_leads_on_and_counts(sandbox: SandboxServer, zettai: helpers.Customer) -> None:
    reply = shorten(zettai, name="spring")
    assert (reply["responseCode"], reply["responseMessage"], reply["name"]) == (0, "Success", "spring")
    for _ in range(2):
        assert leads_to(reply["shortUrl"]) == LONG_URL
    assert sandbox.control.links() == [
        {
            "account": "zettai_reach/20001",
            "url": reply["shortUrl"],
            "long_url": LONG_URL,
            "reference": "",
            "clicks": 2,
        }
    ]


def test_zettai_reach_makes_a_new_one_every_time(zettai: helpers.Customer) -> None:
    first, second = shorten(zettai), shorten(zettai)
    assert first["shortUrl"] != second["shortUrl"]
    assert first["name"].startswith("Shorturl-20")
    assert len(first["name"]) == len("Shorturl-YYYYMMDDHHMMSSmmm")


@pytest.mark.parametrize(
    ("values", "code", "text"),
    [
        pytest.param({"longUrl": None}, 100, "Required longUrl.", id="no address"),
        pytest.param({"longUrl": "example.jp"}, 110, "Invalid longUrl.", id="no address on the web"),
        pytest.param({"longUrl": "https://example.jp/\r\nX: y"}, 110, "Invalid longUrl.", id="a line break"),
        pytest.param({"domain": "other.example.jp"}, 110, "Invalid domain.", id="somebody else's domain"),
        pytest.param({"longUrl": "https://example.jp/" + "x" * 2030}, 120, "longUrl too long.", id="long address"),
        pytest.param({"name": "n" * 257}, 120, "name too long.", id="long name"),
    ],
)
def test_zettai_reach_refuses(zettai: helpers.Customer, values: dict[str, str | None], code: int, text: str) -> None:
    assert shorten(zettai, **values) == {"responseCode": code, "responseMessage": text}


def test_zettai_reach_knows_the_customer_s_own_domain(zettai: helpers.Customer) -> None:
    assert shorten(zettai, domain="go.example.jp")["responseCode"] == 0


def test_karaden_shortens_each_address_in_a_text(sandbox: SandboxServer, karaden: karaden_customer.Customer) -> None:
    body = f"詳しくは {LONG_URL} または\nhttps://example.jp/faq へ"
    sent = karaden.sent(body=body, is_shorten="true")
    assert (sent["body"], sent["is_shorten_clicked"]) == (body, False)
    links = sandbox.control.links(reference="t-1")
    assert [link["long_url"] for link in links] == [LONG_URL, "https://example.jp/faq"]
    assert leads_to(links[0]["url"]) == LONG_URL
    assert karaden.detail(sent["id"])["is_shorten_clicked"] is True
    assert [link["clicks"] for link in sandbox.control.links(reference="t-1")] == [1, 0]


@pytest.mark.parametrize(
    ("values", "count"),
    [
        pytest.param({"is_shorten": "false"}, 0, id="not wanted"),
        pytest.param({}, 0, id="as the service says: no"),
        pytest.param({"service_id": "13"}, 1, id="as the service says: yes"),
        pytest.param({"service_id": "13", "is_shorten": "0"}, 0, id="the message's own word counts more"),
        pytest.param({"is_shorten": "true", "body": "https://example.jp/%E3%81%82"}, 0, id="percent-encoded"),
        pytest.param({"is_shorten": "true", "body": "(https://example.jp/)です"}, 1, id="in brackets"),
    ],
)
def test_karaden_shortens_when_it_should(
    sandbox: SandboxServer, karaden: karaden_customer.Customer, values: dict[str, str], count: int
) -> None:
    karaden.send(**{"body": f"詳しくは {LONG_URL} へ", **values})
    assert len(sandbox.control.links()) == count


def test_karaden_counts_characters_as_they_are_after_shortening(karaden: karaden_customer.Customer) -> None:
    long_url = "https://example.jp/" + "x" * 600
    fits = "あ" * (660 - 22 - 1)
    assert karaden.send(body=f"{fits} {long_url}", is_shorten="true").status == 200
    assert karaden.send(body=f"{fits}あ {long_url}", is_shorten="true").status == 422
    assert karaden.send(body=f"{fits} {long_url}", is_shorten="false").status == 422
    assert karaden.sent(body=f"{'あ' * 47} {long_url}", is_shorten="true")["charged_count_per_sent"] == 1


def masked(customer: rakuten_customer.Customer, **fields: Any) -> Any:
    return customer.call("POST", "short-url/v1/url/", {"masked_url": {"remote_url": LONG_URL, **fields}})


def details(customer: rakuten_customer.Customer, masked_id: str) -> dict[str, Any]:
    return customer.call("GET", f"short-url/v1/url/{masked_id}").fields


def test_rakuten_makes_a_link_that_leads_on(sandbox: SandboxServer, rakuten: rakuten_customer.Customer) -> None:
    made = masked(rakuten, name="Example", description="Short").fields
    assert (made["result_code"], made["result_message"]) == (0, "Success")
    assert made["public_masked_url"] == f"{sandbox.base_url('rakuten_cpaas')}{made['masked_url_id']}"
    assert leads_to(made["public_masked_url"]) == LONG_URL
    row = details(rakuten, made["masked_url_id"])
    assert row.pop("date_created") == row.pop("time_last_updated")
    assert row.pop("valid_until_date") >= shown((rakuten.now() + timedelta(days=2, hours=23)).astimezone(UTC))
    assert row == {
        "id": made["masked_url_id"],
        "remote_url": LONG_URL,
        "name": "Example",
        "description": "Short",
        "public_masked_url": made["public_masked_url"],
    }
    assert [link["clicks"] for link in sandbox.control.links()] == [1]


def test_rakuten_gives_the_same_link_for_the_same_address(rakuten: rakuten_customer.Customer) -> None:
    first, second = masked(rakuten).fields, masked(rakuten, name="again").fields
    assert first == second
    assert masked(rakuten, remote_url="https://example.jp/2").fields["masked_url_id"] != first["masked_url_id"]


def test_rakuten_s_links_run_out(sandbox: SandboxServer, rakuten: rakuten_customer.Customer) -> None:
    made = masked(rakuten).fields
    sandbox.control.advance(3 * DAY + 1)
    assert leads_to(made["public_masked_url"]) is None
    rakuten = rakuten_customer.Customer(sandbox, SHORT_KEY, SHORT_SECRET)
    assert rakuten.call("GET", f"short-url/v1/url/{made['masked_url_id']}").fields["result_code"] == "404"
    assert masked(rakuten).fields["masked_url_id"] != made["masked_url_id"]


@pytest.mark.parametrize(
    ("minutes", "code"),
    [
        pytest.param(-1, "109", id="past"),
        pytest.param(4, "110", id="less than five minutes"),
        pytest.param(6, None, id="six minutes"),
        pytest.param(30 * 24 * 60 - 1, None, id="almost 30 days"),
        pytest.param(30 * 24 * 60 + 1, "108", id="more than 30 days"),
    ],
)
def test_how_long_rakuten_s_links_may_live(rakuten: rakuten_customer.Customer, minutes: int, code: str | None) -> None:
    until = shown((rakuten.now() + timedelta(minutes=minutes)).astimezone(UTC))
    reply = masked(rakuten, valid_until_date=until)
    assert reply.status == (400 if code else 200)
    assert not code or reply.fields["result_code"] == code


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        pytest.param({"remote_url": None}, "101", id="no address"),
        pytest.param({"remote_url": "example.jp"}, "102", id="no address on the web"),
        pytest.param({"remote_url": "https://example.jp/\r\nX: y"}, "102", id="a line break"),
        pytest.param({"valid_until_date": "tomorrow"}, "100", id="no moment"),
        pytest.param({"name": 5}, "100", id="a name that is a number"),
    ],
)
def test_rakuten_refuses(rakuten: rakuten_customer.Customer, fields: dict[str, Any], code: str) -> None:
    reply = masked(rakuten, **fields)
    assert (reply.status, reply.fields["result_code"]) == (400, code)


def update(customer: rakuten_customer.Customer, masked_id: str, version: str, **fields: str) -> Any:
    body = {"version_datestamp": version, "masked_url": fields}
    return customer.call("PUT", f"short-url/v1/url/{masked_id}", body)


def test_rakuten_changes_a_link_for_those_who_know_its_last_state(
    sandbox: SandboxServer, rakuten: rakuten_customer.Customer
) -> None:
    masked_id = masked(rakuten).fields["masked_url_id"]
    version = details(rakuten, masked_id)["time_last_updated"]
    sandbox.control.advance(2)
    assert update(rakuten, masked_id, version, name="new").status == 200
    assert details(rakuten, masked_id)["name"] == "new"
    stale = update(rakuten, masked_id, version, name="newer")
    assert (stale.status, stale.fields["result_code"]) == (412, "412")
    assert update(rakuten, masked_id, version).fields["result_code"] == "100"
    assert update(rakuten, "nobody", version, name="x").status == 404


def test_rakuten_deletes_a_link(rakuten: rakuten_customer.Customer) -> None:
    made = masked(rakuten).fields
    assert rakuten.call("DELETE", f"short-url/v1/url/{made['masked_url_id']}").status == 200
    assert leads_to(made["public_masked_url"]) is None
    assert rakuten.call("DELETE", f"short-url/v1/url/{made['masked_url_id']}").status == 404


def test_rakuten_lists_what_is_alive(sandbox: SandboxServer, rakuten: rakuten_customer.Customer) -> None:
    ids = [masked(rakuten, remote_url=f"https://example.jp/{n}").fields["masked_url_id"] for n in range(12)]
    reply = rakuten.call("GET", "short-url/v1/query/url")
    assert reply.headers.get_content_type() == "application/hal+json"
    first = reply.fields
    assert (first["page"], first["page_size"], first["_embedded"]["total_found"]) == (1, 10, 12)
    second = rakuten.call("GET", first["_links"]["next"]["href"].removeprefix("/")).fields
    rows = first["_embedded"]["masked_urls"] + second["_embedded"]["masked_urls"]
    assert [row["id"] for row in rows] == ids
    assert rows[0]["_links"] == {"self": {"href": f"/short-url/v1/url/{ids[0]}"}}
    sandbox.control.advance(3 * DAY + 1)
    rakuten = rakuten_customer.Customer(sandbox, SHORT_KEY, SHORT_SECRET)
    empty = rakuten.call("GET", "short-url/v1/query/url").fields
    assert empty["_embedded"] == {"total_found": 0, "masked_urls": []}


def test_links_nobody_made_lead_nowhere(sandbox: SandboxServer) -> None:
    for vendor, code in [("zettai_reach", "abc123"), ("karaden", "abc1234"), ("rakuten_cpaas", "abc123")]:
        assert leads_to(sandbox.base_url(vendor) + code) is None


def test_reset_forgets_links(sandbox: SandboxServer, zettai: helpers.Customer) -> None:
    made = shorten(zettai)
    sandbox.control.reset()
    assert leads_to(made["shortUrl"]) is None
    assert sandbox.control.links(long_url=urllib.parse.quote(LONG_URL)) == sandbox.control.links() == []
