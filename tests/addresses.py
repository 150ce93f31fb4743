"""Every address of the portal, read from the URL conf, and an object behind each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from campaigns.models import ContactImport, ImportRow, MessageTemplate, TemplateVersion

from .factories import (
    make_account,
    make_campaign,
    make_cleaning,
    make_contact,
    make_list,
    make_message,
    make_suppression,
    make_template,
    make_user,
)


@dataclass(frozen=True)
class Address:
    name: str  # as reverse() wants it
    view: Any
    keys: tuple[str, ...]

    def url(self, values: Mapping[str, Any]) -> str:
        """A key without a value of its own is 1."""
        return reverse(self.name, kwargs={key: values.get(key, 1) for key in self.keys})

    @property
    def permission(self) -> str:
        return getattr(self.view, "required", "")

    @property
    def is_open(self) -> bool:
        """To people who have not signed in."""
        return not getattr(self.view, "login_required", True)


def every_address() -> list[Address]:
    """But the admin's last resort, which has no name and answers 404."""
    return [address for address in _walk(get_resolver(), "", ()) if address.name != "admin:"]


def _walk(resolver: URLResolver, space: str, keys: tuple[str, ...]) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        all_keys = (*keys, *pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLPattern):
            yield Address(f"{space}{pattern.name or ''}", pattern.callback, all_keys)
        else:
            yield from _walk(pattern, f"{space}{pattern.namespace}:" if pattern.namespace else space, all_keys)


def make_import() -> ContactImport:
    made = ContactImport(
        original_name="見本.csv",
        sha256="0" * 64,
        size=40,
        encoding="utf-8",
        delimiter=",",
        header=["携帯番号", "氏名"],
        created_by=make_user(),
        rows_total=1,
    )
    made.file.save("sample.csv", ContentFile("携帯番号,氏名\n08011112222,見本\n".encode()))
    return made


def make_changed_template() -> MessageTemplate:
    template = make_template()
    TemplateVersion.objects.create(template=template, version=1, body=template.body, purpose=template.purpose)
    return template


# Any one object behind an address: name of its key -> how to make it.
OBJECTS: dict[str, Callable[[], Any]] = {
    "account_id": make_account,
    "campaign_id": make_campaign,
    "cleaning_id": make_cleaning,
    "contact_id": make_contact,
    "filter_id": lambda: make_user().saved_filters.create(name="見本", query="q=x"),
    "import_id": make_import,
    "list_id": make_list,
    "message_id": make_message,
    "row_id": lambda: ImportRow.objects.create(contact_import=make_import(), serial=1, number=2, position=0),
    "suppression_id": make_suppression,
    "template_id": make_changed_template,
}


def make_objects() -> dict[str, Any]:
    return {key: make().pk for key, make in OBJECTS.items()} | {"app_label": "campaigns", "screen": "contact_list"}
