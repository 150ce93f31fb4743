from time import monotonic

import pytest
import time_machine
from django.utils import timezone

from campaigns import tasks
from campaigns.errors import RuleError
from campaigns.models import Activity, Campaign, DueMessage, Message, PortalSettings, TrialPhone, User
from campaigns.services.erasing import erase_contact
from campaigns.services.planning.drafting import delete_draft
from campaigns.services.planning.launching import confirm
from campaigns.services.planning.preparing import prepare_campaign, start_preparation
from campaigns.services.planning.readiness import was_tried
from campaigns.services.planning.sampling import Person
from campaigns.services.planning.trials import (
    MOST_MESSAGES_A_DAY,
    MOST_NUMBERS_A_WEEK,
    MOST_PHONES,
    WEEK,
    Tried,
    register_phone,
    send_trial,
    trial_messages,
    tried,
)
from campaigns.services.sending.dispatching import dispatch_due
from tests.factories import (
    make_account,
    make_campaign,
    make_contact,
    make_list,
    make_phone,
    make_sender,
    make_suppression,
    make_user,
)

pytestmark = pytest.mark.django_db
SOMEBODY = Person("森 一", "+819012345678", {"氏名": "森 一"})


@pytest.fixture(autouse=True)
def _seams(vendor, queued):
    PortalSettings.objects.create(pk=1, approval_above=None, undo_seconds=0)


def accepted_by_the_vendor() -> None:
    Message.objects.update(state="accepted")


@pytest.fixture
def draft() -> Campaign:
    return make_campaign(account=make_account(provider="scripted"), body="{{氏名}}様 ご予約は明日10時です。")


def try_it(draft: Campaign, *, phones: int = 1, person: Person = SOMEBODY, reference: str = "0" * 12) -> None:
    actor = make_user("operator")
    own = [TrialPhone.objects.create(user=actor, phone=make_phone()) for _ in range(phones)]
    send_trial(draft, actor, person=person, phones=own, reference=reference)


def send_all(draft: Campaign) -> None:
    Campaign.objects.filter(trial_of=draft).update(state="sending")
    dispatch_due(draft.account, until=monotonic() + 30)


def test_a_trial_leaves_like_any_message_and_is_nobody_of_the_draft(draft, vendor):
    try_it(draft, phones=2)
    assert not was_tried(draft)
    send_all(draft)
    assert [sms.body for sms in vendor.asked] == ["森 一様 ご予約は明日10時です。"] * 2
    assert was_tried(draft)
    draft.refresh_from_db()
    assert (draft.state, draft.recipients, draft.messages.count()) == ("draft", 0, 0)
    assert trial_messages(draft).count() == 2
    assert Activity.objects.filter(verb="campaign_tried", details={"phones": 2}).count() == 1


def test_a_trial_asked_for_twice_leaves_once(draft):
    try_it(draft)
    with pytest.raises(RuleError, match="二重には送信されません"):
        try_it(draft)
    assert DueMessage.objects.count() == 1


def test_a_number_that_must_not_be_texted_gets_no_trial_either(draft, vendor):
    try_it(draft)
    make_suppression(phone=Message.objects.get().phone)
    send_all(draft)
    assert vendor.asked == []
    assert Message.objects.get().state == "suppressed"
    assert not was_tried(draft)


def test_who_refused_and_was_erased_gets_no_trial_either(draft, vendor):
    actor = make_user("operator")
    contact = make_contact()
    make_suppression(phone=contact.phone)
    own = TrialPhone.objects.create(user=actor, phone=contact.phone)
    erase_contact(contact, actor)
    send_trial(draft, actor, person=SOMEBODY, phones=[own], reference="0" * 12)
    send_all(draft)
    assert vendor.asked == []
    assert Message.objects.get().state == "suppressed"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"body": ""}, "本文を入力してください", id="no text"),
        pytest.param({"body": "{{予約日}}"}, "差し込み項目の値がない", id="no value for this person"),
        pytest.param({"body": "あ" * 671}, "長すぎる", id="too long"),
        pytest.param({"sender": None}, "送信元番号を選んでください", id="no sender"),
    ],
)
def test_what_cannot_be_sent_is_said_and_nothing_is_made(draft, changes, sentence):
    for name, value in changes.items():
        setattr(draft, name, value)
    draft.save()
    with pytest.raises(RuleError, match=sentence):
        try_it(draft)
    assert not Message.objects.exists()


def test_a_draft_without_lists_or_with_a_past_time_can_be_tried(draft):
    draft.lists_in.clear()
    try_it(draft)
    assert DueMessage.objects.count() == 1


def test_without_a_phone_there_is_no_trial(draft):
    with pytest.raises(RuleError, match="テスト送信先"):
        try_it(draft, phones=0)


def test_a_person_registers_a_few_phones_each_once():
    user, phone = make_user("operator"), make_phone()
    register_phone(user, phone, "会社")
    register_phone(user, phone, "自宅")
    assert [each.label for each in user.trial_phones.all()] == ["自宅"]
    for _ in range(MOST_PHONES - 1):
        register_phone(user, make_phone(), "")
    with pytest.raises(RuleError, match="5件まで"):
        register_phone(user, make_phone(), "")
    register_phone(user, phone, "会社")  # one that is there already may still be renamed


def own_phones(actor: User, phones: int) -> list[TrialPhone]:
    return [TrialPhone.objects.create(user=actor, phone=make_phone()) for _ in range(phones)]


def test_trials_are_no_way_around_approval(draft):
    actor = make_user("operator")
    for number in range(2):  # each time other numbers, and another draft in place of one thrown away
        copy = make_campaign(account=draft.account, created_by=actor)
        phones = own_phones(actor, MOST_NUMBERS_A_WEEK // 2)
        send_trial(copy, actor, person=SOMEBODY, phones=phones, reference=f"{number:012d}")
        delete_draft(copy, actor)
        tasks.clear_preparation(copy.pk)
    with pytest.raises(RuleError, match="承認を受けて配信してください"):
        send_trial(draft, actor, person=SOMEBODY, phones=own_phones(actor, 1), reference="f" * 12)
    send_trial(draft, actor, person=SOMEBODY, phones=phones, reference="e" * 12)  # the same ones again
    with time_machine.travel(timezone.now() + WEEK):
        send_trial(draft, actor, person=SOMEBODY, phones=own_phones(actor, 1), reference="d" * 12)


def test_nobody_sends_trials_without_end(draft):
    actor = make_user("operator")
    (phone,) = own_phones(actor, 1)
    for number in range(MOST_MESSAGES_A_DAY):
        send_trial(draft, actor, person=SOMEBODY, phones=[phone], reference=f"{number:012d}")
    with pytest.raises(RuleError, match="24時間で50件まで"):
        send_trial(draft, actor, person=SOMEBODY, phones=[phone], reference="f" * 12)


def test_the_approver_is_told_what_left_without_approval(draft):
    actor = make_user("operator", last_name="担当")
    for number in range(2):
        send_trial(draft, actor, person=SOMEBODY, phones=own_phones(actor, 2), reference=f"{number:012d}")
    assert tried(draft) == Tried(messages=4, numbers=4, people=[str(actor)])


def counted(draft: Campaign) -> Campaign:
    draft.lists_in.set([make_list(make_contact())])
    start_preparation(draft)
    prepare_campaign(draft, until=monotonic() + 30)
    draft.refresh_from_db()
    return draft


def test_where_a_trial_is_asked_for_nothing_leaves_without_one(draft):
    PortalSettings.objects.update(needs_trial=True)
    with pytest.raises(RuleError, match="まだテスト送信していません"):
        confirm(counted(draft), draft.created_by)
    try_it(draft)
    accepted_by_the_vendor()
    confirm(draft, draft.created_by)
    assert draft.state == "scheduled"


@pytest.mark.parametrize("changed", ["body", "sender"])
def test_a_trial_holds_for_the_very_text_and_sender_alone(draft, changed):
    try_it(draft)
    accepted_by_the_vendor()
    draft.body, draft.sender = {
        "body": ("別の本文", draft.sender),
        "sender": (draft.body, make_sender(draft.account)),
    }[changed]
    assert not was_tried(draft)


def test_the_trials_of_a_deleted_draft_stay_trials(draft):
    try_it(draft)
    delete_draft(draft, draft.created_by)
    tasks.clear_preparation(draft.pk)
    assert Message.objects.get().campaign.trial_of_id == draft.pk
    assert not Campaign.objects.filter(trial_of=None).exists()
