"""The portal's main navigation: what stands in it, in which order, and who sees it."""

from collections.abc import Iterator
from typing import NamedTuple

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Place(NamedTuple):
    """One screen family; it is current on every URL named after one of its nouns (`campaign_detail`: campaign)."""

    url_name: str
    label: Promise
    icon: str
    permission: str
    nouns: tuple[str, ...]


class Link(NamedTuple):
    url: str
    label: Promise
    icon: str
    current: str  # the value of aria-current, or nothing


STAFF = "staff"
EVERYONE = ""
PLACES = (
    (Place("dashboard", _("ダッシュボード"), "home", EVERYONE, ("dashboard",)),),
    (
        Place("campaign_list", _("配信"), "paper-airplane", "campaigns.view_campaign", ("campaign", "shorturl")),
        Place("booking_list", _("予約一覧"), "calendar-days", "campaigns.view_campaign", ("booking",)),
        Place("approval_list", _("承認待ち"), "check-badge", "campaigns.approve_campaign", ("approval",)),
    ),
    (
        Place("contact_list", _("連絡先"), "users", "campaigns.view_contact", ("contact", "import")),
        Place(
            "contactlist_list", _("配信リスト"), "queue-list", "campaigns.view_contactlist", ("contactlist", "cleaning")
        ),
        Place("suppression_list", _("配信停止"), "no-symbol", "campaigns.view_suppression", ("suppression",)),
        Place("template_list", _("定型文"), "document-text", "campaigns.view_messagetemplate", ("template",)),
    ),
    (
        Place("message_list", _("送信履歴"), "inbox-stack", "campaigns.view_message", ("message",)),
        Place("count_month", _("通数集計"), "chart-bar", "campaigns.view_daycount", ("count",)),
        Place("activity_list", _("操作履歴"), "clock", "campaigns.view_activity", ("activity",)),
    ),
    (Place("admin:index", _("管理"), "cog-6-tooth", STAFF, ("admin",)),),
)


def links_for(request: HttpRequest) -> Iterator[list[Link]]:
    """Groups of links this person may follow; a screen that is not there is left out."""
    for group in PLACES:
        links = [link for place in group if _may_see(request, place) and (link := _link(request, place))]
        if links:
            yield links


def _may_see(request: HttpRequest, place: Place) -> bool:
    if place.permission == STAFF:
        return bool(request.user.is_staff)
    return place.permission == EVERYONE or request.user.has_perm(place.permission)


def _link(request: HttpRequest, place: Place) -> Link | None:
    try:
        url = reverse(place.url_name)
    except NoReverseMatch:
        return None
    return Link(url, place.label, place.icon, _current(request, place, url))


def _current(request: HttpRequest, place: Place, url: str) -> str:
    if request.path == url:
        return "page"
    name = (request.resolver_match and request.resolver_match.url_name) or ""
    return "true" if name.split("_")[0] in place.nouns else ""
