"""The Report API: the history of messages, by the filters the vendor names."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo

from ..clock import JST
from . import hal
from .accounts import Message, RakutenAccount
from .receipts import record_of
from .refusals import UNREADABLE, RefusalError

PATH = "/cdr/v1/report/query/sms/transaction-history/mt"
PAGE, LARGEST_PAGE = 25, 100
ZONES: dict[str, tzinfo] = {"UTC": UTC, "JST": JST}
# Filter and member; the reference is not among them, as the account finds it by itself.
FILTERS = {"network": "network", "da": "number", "oa": "sender", "status": "status"}

Query = Mapping[str, str]


def history(account: RakutenAccount, query: Query) -> hal.Fields:
    zone = ZONES.get(query.get("tz", "UTC"))
    order = query.get("sort-order", "desc")
    if zone is None or order not in ("asc", "desc"):
        raise RefusalError(UNREADABLE)
    page = hal.page_of(query, size=PAGE, largest=LARGEST_PAGE)
    start, end = _moment(query, "date-from", zone), _moment(query, "date-to", zone)
    found = [one for one in account.submitted(start, end, query.get("client-reference")) if _fits(account, one, query)]
    if order == "desc":
        found.reverse()
    records = [record_of(account, message, zone) for message in page.of(found)]
    return {
        **hal.with_links(PATH, query, page, len(found)),
        "_embedded": {"total_found": len(found), "transactions": records},
    }


def _fits(account: RakutenAccount, message: Message, query: Query) -> bool:
    if query.get("api-key", account.settings.client_id) != account.settings.client_id:
        return False
    return all(query.get(name) in (None, getattr(message, member)) for name, member in FILTERS.items())


def _moment(query: Query, name: str, zone: tzinfo) -> datetime:
    text = query.get(name, "")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text, re.ASCII):
        raise RefusalError(UNREADABLE)
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        raise RefusalError(UNREADABLE) from None
