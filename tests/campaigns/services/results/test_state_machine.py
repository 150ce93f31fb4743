"""Any order and repetition of what happens to a message: its state never goes back, and the same facts end the same.

The steps are the real services on real rows, each as a worker, a webhook or a person would take it.
"""

from datetime import timedelta
from math import inf

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import FINAL, Campaign, DayCount, DueMessage, Message, OpenMessage, ReceiptLog, Suppression
from campaigns.services.results.applying import apply_receipts
from campaigns.services.results.hearing import STATES, hear
from campaigns.services.results.receiving import receive
from campaigns.services.results.settling import doubt_expired
from campaigns.services.sending.recording import record_sent
from campaigns.services.sending.sending_line import Sent
from campaigns.services.sending.stopping import recall_messages
from providers.base import Accepted, DeliveryReceipt, OutboundSms, ReceiptStatus, Refused, TurnedAway, Unknown
from tests.factories import make_account, make_campaign, make_message

pytestmark = pytest.mark.django_db(transaction=True)

# How far a message has come. Nothing may lead to a lower rank, but an answer that the vendor certainly took nothing.
RANK = {"queued": 0, "sending": 1, "unknown": 2, "booked": 3, "accepted": 4, "no_result": 5}
RANK |= dict.fromkeys(["cancelled", "suppressed", "expired", "refused"], 6) | {"undelivered": 7, "delivered": 8}
OUTCOMES = {
    "accept": Accepted("v-1"),
    "refuse": Refused("recipient_invalid"),
    "turn away": TurnedAway("throttled"),
    "doubt": Unknown("no_answer"),
}
WORDS = st.sampled_from(sorted(STATES))
STEPS = st.sampled_from(["send", *OUTCOMES, "stop", "opt out", "worker dies"]) | WORDS
EXAMPLES = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


class Life:
    """One message, and everything that may happen to it."""

    def __init__(self, vendor) -> None:
        self.vendor = vendor
        self.account = make_account(provider="scripted")
        self.campaign = make_campaign(account=self.account, lists=[], starts_at=timezone.now())

    def begin_anew(self) -> None:
        for model in (OpenMessage, DueMessage, Message, ReceiptLog, Suppression, DayCount):
            model.objects.all().delete()
        Campaign.objects.update(state="sending")
        self.message, self.token, self.may_have_left = make_message(self.campaign), "", 0
        place = {"account": self.account, "campaign": self.campaign, "phone": self.message.phone}
        DueMessage.objects.create(message=self.message, due_at=timezone.now() - timedelta(hours=1), **place)

    @property
    def state(self) -> str:
        return Message.objects.get().state

    def take(self, step: str) -> None:
        if step in set(STATES):
            self._push([ReceiptStatus(step)])
        elif step in OUTCOMES:
            self._answer(step)
        else:
            getattr(self, "_" + step.replace(" ", "_"))()

    def _send(self) -> None:
        """One wave; a second worker finds nothing to take."""
        now, campaigns = timezone.now() + timedelta(minutes=5), [self.campaign.pk]
        if token := DueMessage.objects.reserve(campaigns, 10, now=now, seconds=60):
            leaving = Message.objects.begin_send(token, campaigns, now)
            DueMessage.objects.settle_reservation(token, leaving=[each.id for each in leaving])
            self.token = token if leaving else ""
            self.leaving = leaving[0] if leaving else None
            self.may_have_left += len(leaving)

    def _answer(self, step: str) -> None:
        """Only to what is in hand."""
        if not self.token:
            return
        sms = OutboundSms(self.message.reference, self.message.phone, "", "")
        record_sent(self.account, [Sent(self.leaving, sms, OUTCOMES[step])], timezone.now())
        self.token = ""
        self.may_have_left -= step == "turn away"

    def _push(self, said: list[ReceiptStatus]) -> None:
        for status in said:
            self.vendor.known = {self.message.reference: DeliveryReceipt(self.message.reference, status)}
            receive(self.account.pk, self.message.reference.encode(), "text/plain")
            apply_receipts(self.account, until=inf)

    def poll(self, said: list[ReceiptStatus]) -> None:
        hear(self.account, [DeliveryReceipt(self.message.reference, status) for status in said], timezone.now())

    def _stop(self) -> None:
        Campaign.objects.update(state="cancelled")
        recall_messages(Campaign.objects.get(), until=inf)

    def _opt_out(self) -> None:
        Suppression.objects.get_or_create(phone=self.message.phone, reason="opt_out")

    def _worker_dies(self) -> None:
        DueMessage.objects.exclude(token="").update(reserved_until=timezone.now() - timedelta(seconds=1))
        doubt_expired(self.account, timezone.now())
        self.token = ""


@pytest.fixture
def life(vendor, queued) -> Life:
    return Life(vendor)


@EXAMPLES
@given(steps=st.lists(STEPS, max_size=12))
def test_a_state_never_goes_back_and_nothing_leaves_twice(life, steps):
    life.begin_anew()
    before = life.state
    for step in steps:
        life.take(step)
        after = life.state
        assert RANK[after] >= RANK[before] or (before, after, step) == ("sending", "queued", "turn away")
        assert life.may_have_left <= 1
        assert not (after in FINAL and OpenMessage.objects.exists())
        assert after in {"queued", "sending"} or not DueMessage.objects.filter(token="").exists()
        before = after
    DayCount.objects.recount(life.campaign.pk)
    assert list(DayCount.objects.values_list("state", "messages")) == [(life.state, 1)]


@EXAMPLES
@given(data=st.data(), said=st.lists(WORDS, max_size=4), answer=st.sampled_from(["accept", "doubt", "worker dies"]))
def test_the_same_facts_end_the_same_in_whatever_order_and_however_often_they_come(life, data, said, answer):
    life.begin_anew()
    life.take("send")
    facts = data.draw(st.permutations([answer, *said, *data.draw(st.lists(st.sampled_from(said or [answer])))]))
    for fact in facts:
        if fact in set(STATES) and data.draw(st.booleans(), label="polled"):
            life.poll([fact])
        else:
            life.take(fact)
    words = [STATES[ReceiptStatus(each)] for each in said]
    silent = "accepted" if answer == "accept" else "unknown"
    assert life.state == max([silent, *words], key=lambda state: RANK[state])
