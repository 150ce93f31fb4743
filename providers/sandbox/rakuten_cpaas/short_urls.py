"""The Short URL API: create, show, change, list and delete; its result codes have meanings of their own."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ..links import WEB_ADDRESS, Link
from ..stand_in import World
from . import hal
from .accounts import MaskedUrl, RakutenAccount
from .receipts import shown
from .refusals import UNREADABLE, RefusalError

MISSING_URL, BAD_URL = 101, 102
TOO_FAR, PAST, TOO_SOON = 108, 109, 110
NOT_FOUND, STALE = 404, 412
TEXTS = {
    MISSING_URL: "The request was missing a required remote_url field",
    BAD_URL: "The request contained a badly formed URL in remote_url field",
    TOO_FAR: "The valid_until_date value is too far in the future",
    PAST: "The valid_until_date value must be in the future",
    TOO_SOON: "The valid_until_date value is not far enough in the future",
    NOT_FOUND: "Not found",
    STALE: "Stale update entity",
}
STATUSES = {NOT_FOUND: 404, STALE: 412}

DEFAULT, SHORTEST, LONGEST = timedelta(days=3), timedelta(minutes=5), timedelta(days=30)
PATH = "/short-url/v1/"
PAGE, LARGEST_PAGE = 10, 100
ID_LENGTH = 6

Fields = Mapping[str, Any]


class ShortUrls:
    def __init__(self, world: World, mount: str) -> None:
        self._world = world
        self._mount = mount

    def create(self, account: RakutenAccount, fields: Fields) -> hal.Fields:
        """The same address again gets the same link again, for as long as that one is alive."""
        wanted = _object(fields, "masked_url")
        remote_url = _checked_url(wanted)
        now = self._now()
        valid_until = _valid_until(wanted, now) or now + DEFAULT
        known = next((one for one in self._live(account) if one.remote_url == remote_url), None)
        masked = known or self._new(account, wanted, valid_until)
        return {
            "result_code": 0,
            "result_message": "Success",
            "masked_url_id": masked.id,
            "public_masked_url": self._world.origin + masked.link.path,
        }

    def show(self, account: RakutenAccount, masked_id: str) -> hal.Fields:
        return self._fields(self._find(account, masked_id))

    def update(self, account: RakutenAccount, masked_id: str, fields: Fields) -> hal.Fields:
        masked = self._find(account, masked_id)
        wanted = _object(fields, "masked_url")
        if not wanted.keys() & {"name", "description", "valid_until_date"}:
            raise RefusalError(UNREADABLE)
        if fields.get("version_datestamp") != shown(masked.updated_at):
            raise refusal(STALE)
        now = self._now()
        masked.link.valid_until = _valid_until(wanted, now) or masked.link.valid_until
        masked.name = _text(wanted, "name", masked.name)
        masked.description = _text(wanted, "description", masked.description)
        masked.updated_at = now
        return {"result_code": 0, "result_message": "Success"}

    def delete(self, account: RakutenAccount, masked_id: str) -> hal.Fields:
        masked = self._find(account, masked_id)
        del account.masked_urls[masked.id]
        self._world.links.remove(masked.link)
        return {"result_code": 0, "result_message": "Success"}

    def list_active(self, account: RakutenAccount, query: Mapping[str, str]) -> hal.Fields:
        page = hal.page_of(query, size=PAGE, largest=LARGEST_PAGE)
        live = self._live(account)
        rows = [{**self._fields(one), "_links": {"self": {"href": f"{PATH}url/{one.id}"}}} for one in page.of(live)]
        return {
            **hal.with_links(f"{PATH}query/url", query, page, len(live)),
            "_embedded": {"total_found": len(live), "masked_urls": rows},
        }

    def _new(self, account: RakutenAccount, wanted: Fields, valid_until: datetime) -> MaskedUrl:
        masked_id, now = self._world.links.new_code(ID_LENGTH), self._now()
        link = Link(account=account.key, path=self._mount + masked_id, long_url=wanted["remote_url"])
        link.valid_until = valid_until
        name, description = _text(wanted, "name", ""), _text(wanted, "description", "")
        masked = MaskedUrl(masked_id, link.long_url, name, description, self._world.links.add(link), now, now)
        account.masked_urls[masked_id] = masked
        return masked

    def _find(self, account: RakutenAccount, masked_id: str) -> MaskedUrl:
        masked = account.masked_urls.get(masked_id)
        if masked is None or not self._world.links.is_live(masked.link):
            raise refusal(NOT_FOUND)
        return masked

    def _live(self, account: RakutenAccount) -> list[MaskedUrl]:
        return [masked for masked in account.masked_urls.values() if self._world.links.is_live(masked.link)]

    def _fields(self, masked: MaskedUrl) -> hal.Fields:
        return {
            "id": masked.id,
            "remote_url": masked.remote_url,
            "name": masked.name,
            "description": masked.description,
            "valid_until_date": shown(masked.link.valid_until or masked.created_at),
            "date_created": shown(masked.created_at),
            "time_last_updated": shown(masked.updated_at),
            "public_masked_url": self._world.origin + masked.link.path,
        }

    def _now(self) -> datetime:
        return self._world.clock.now().replace(microsecond=0)


def refusal(code: int) -> RefusalError:
    return RefusalError(code, status=STATUSES.get(code, 400), text=TEXTS[code])


def _checked_url(wanted: Fields) -> str:
    url = wanted.get("remote_url")
    if not isinstance(url, str) or not url:
        raise refusal(MISSING_URL)
    if not WEB_ADDRESS.fullmatch(url):
        raise refusal(BAD_URL)
    return url


def _valid_until(wanted: Fields, now: datetime) -> datetime | None:
    text = wanted.get("valid_until_date")
    if text is None:
        return None
    try:
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except (TypeError, ValueError):
        raise RefusalError(UNREADABLE) from None
    if moment <= now:
        raise refusal(PAST)
    if moment < now + SHORTEST:
        raise refusal(TOO_SOON)
    if moment > now + LONGEST:
        raise refusal(TOO_FAR)
    return moment


def _object(fields: Fields, name: str) -> Fields:
    value = fields.get(name)
    if not isinstance(value, dict):
        raise RefusalError(UNREADABLE)
    return value


def _text(wanted: Fields, name: str, otherwise: str) -> str:
    value = wanted.get(name, otherwise)
    if not isinstance(value, str):
        raise RefusalError(UNREADABLE)
    return value
