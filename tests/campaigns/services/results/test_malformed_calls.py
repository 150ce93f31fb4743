"""Whatever bytes a vendor's address is called with: taken or turned away as documented, then read without harm."""

import json
from math import inf
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import Message, ProviderAccount, ReceiptLog
from campaigns.services.results.applying import apply_receipts
from providers.registry import PROVIDERS
from tests.factories import make_account, make_campaign, make_message

FORM = "application/x-www-form-urlencoded"
CREDENTIALS = ("token", "client_id", "tenant_id", "api_key", "api_secret", "service_id", "version")
# The names vendors use, so that what is generated comes close to what they send.
NAMES = st.sampled_from(
    ["eventNotifications", "type", "clientId", "clientTag", "messageId", "statusId", "detailedStatusId", "carrierId"]
) | st.sampled_from(
    ["object", "id", "status", "result", "sent_result", "tags", "limited_at", "client_reference", "error_code"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.sampled_from(["message", "2"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=8), inner, max_size=6),
    max_leaves=15,
)
DOCUMENTS = VALUES.map(json.dumps)
XML = "<a><eventNotifications><clientTag>{0}</clientTag><statusId>{0}</statusId></eventNotifications></a>"
BODIES = st.one_of(
    st.binary(max_size=300),
    DOCUMENTS.map(str.encode),
    DOCUMENTS.map(lambda text: f"json={quote(text)}".encode()),
    DOCUMENTS.map(lambda text: text[:-1].encode()),
    st.text(max_size=100).map(
        lambda text: f"xml={quote(f'<a><eventNotifications>{text}</eventNotifications></a>')}".encode()
    ),
    st.integers(1, 50_000).map(lambda depth: b"[" * depth),
)


@pytest.fixture(params=sorted(PROVIDERS))
def account(request, db, queued) -> ProviderAccount:
    return make_account(provider=request.param, credentials=dict.fromkeys(CREDENTIALS, "20001"))


CALLS = st.tuples(BODIES, st.sampled_from([FORM, "application/json", "text/xml", "", "image/png"]))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=st.lists(CALLS, min_size=10, max_size=10))
def test_a_thousand_malformed_calls_are_answered_and_read_without_harm(account, calls):
    client, url = Client(), reverse("webhook", args=[account.pk, account.callback_key])
    for body, content_type in calls:
        answer = client.generic("POST", url, body, content_type=content_type)
        assert answer.status_code == (400 if not body else 415 if content_type == "image/png" else 200)
    apply_receipts(account, until=inf)
    assert not ReceiptLog.objects.filter(note="adapter_failed").exists()
    assert set(ReceiptLog.objects.values_list("note", flat=True)) <= {"", "webhook_refused", "unmatched"}
    ReceiptLog.objects.all().delete()


@pytest.mark.django_db
def test_not_even_a_vendor_s_module_that_fails_keeps_the_next_call_from_being_read(vendor, queued, monkeypatch):
    message = make_message(make_campaign(account=make_account(provider="scripted")), state="accepted")
    monkeypatch.setattr(vendor, "parse_receipts", lambda self, webhook: 1 / 0)
    ReceiptLog.objects.keep(message.account_id, b"x", "text/plain", message.campaign.created_at)
    apply_receipts(message.account, until=inf)
    assert ReceiptLog.objects.get().note == "adapter_failed"
    assert Message.objects.get().state == "accepted"
