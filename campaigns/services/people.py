"""The five roles, as Django groups. What a role may do stands in this one table."""

from django.contrib.auth.models import Group, Permission

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
        "numbercleaning",
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
    | {
        "add_suppression",
        "delete_suppression",
        "add_numbercleaning",
        "launch_campaign",
        "stop_campaign",
        "see_numbers",
        "export_contact",
    },
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
