"""Everything kept about one person, as they may ask for it (個人情報保護法 33条)."""

from typing import Any

from django.utils import timezone

from campaigns.models import Activity, Contact, Message, Suppression, User
from campaigns.texts import reason_text, verb_text

from .message_search import number_for

MESSAGE_FACTS = ("body", "state", "reason", "carrier", "parts", "sent_at", "answered_at", "final_at")


def everything_about(contact: Contact, user: User) -> dict[str, Any]:
    """Names of columns as keys; people of the staff are not named, they are persons too."""
    refusal = Suppression.objects.filter(phone=contact.phone).values("reason", "source", "note", "created_at").first()
    messages = Message.objects.about(contact).select_related("campaign", "account").order_by("pk")
    known = {field.name: field.value_from_object(contact) for field in contact._meta.concrete_fields}
    joined = contact.memberships.select_related("contact_list")
    return {
        "exported_at": timezone.localtime(),
        "contact": known | {"phone": number_for(user, contact.phone)},
        "lists": [{"name": each.contact_list.name, "added_at": each.added_at} for each in joined],
        "suppression": refusal,
        "messages": [_message(each) for each in messages],
        "activity": [{"at": act.at, "act": verb_text(act.verb), **_facts(act)} for act in _acts(contact)],
    }


def _message(message: Message) -> dict[str, Any]:
    facts = {name: getattr(message, name) for name in MESSAGE_FACTS}
    facts["reason"] = reason_text(message.reason) if message.reason else ""
    return {"campaign": message.campaign.name, "account": message.account.label, **facts}


def _acts(contact: Contact) -> Any:
    return Activity.objects.filter(target_type="contact", target_id=str(contact.pk)).order_by("pk")


def _facts(act: Activity) -> dict[str, Any]:
    return {"details": act.details} if act.details else {}
