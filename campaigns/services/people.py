"""The five roles, as Django groups, and whose log-in needs a second factor. What a role may do stands in one table."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q, QuerySet

from campaigns.models import Activity, PortalSettings, User

# Role -> permissions of the campaigns app. Everybody who signs in belongs to at least one.
VIEW = frozenset(
    f"view_{model}"
    for model in (
        "contact",
        "contactlist",
        "contactimport",
        "suppression",
        "messagetemplate",
        "campaign",
        "message",
        "daycount",
        "provideraccount",
    )
)
EDIT = frozenset(
    f"{act}_{model}"
    for act in ("add", "change", "delete")
    for model in ("contact", "contactlist", "contactimport", "messagetemplate", "campaign")
)
ROLES: dict[str, frozenset[str]] = {
    "viewer": VIEW,
    "operator": VIEW
    | EDIT
    | {"add_suppression", "delete_suppression", "launch_campaign", "stop_campaign", "see_numbers", "export_contact"},
    "approver": VIEW | {"approve_campaign", "stop_campaign", "see_numbers", "view_activity"},
    "accountant": VIEW | {"export_message", "export_daycount", "add_vendorcount"},
}
ADMINISTRATOR = "administrator"


def install_roles() -> None:
    """Make the groups and give each exactly its permissions; safe to repeat."""
    ours = Permission.objects.filter(content_type__app_label="campaigns")
    for name, codenames in ROLES.items():
        Group.objects.get_or_create(name=name)[0].permissions.set(ours.filter(codename__in=codenames))
    Group.objects.get_or_create(name=ADMINISTRATOR)[0].permissions.set(ours)


def must_add_second_factor(person: User) -> bool:
    """A role of theirs demands one (運用設定), and they have none yet. One query where no role demands it."""
    demanding = Q(second_factor_roles__user=person)
    if person.is_superuser:
        demanding |= Q(second_factor_roles__name=ADMINISTRATOR)
    return PortalSettings.objects.filter(demanding).exists() and not second_factors().filter(user=person).exists()


def forget_second_factor(person: User, actor: object) -> bool:
    """For those who lost their phone: the password alone lets them in again. Says whether there was one."""
    with transaction.atomic():
        found, _ = Authenticator.objects.filter(user=person).delete()
        if found:
            Activity.objects.note(actor, "second_factor_forgotten", person)
    return bool(found)


def second_factors() -> QuerySet[Any]:
    """Of everybody. Recovery codes alone are none: they only stand in for one."""
    found: QuerySet[Any] = Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES)
    return found
