import re
from dataclasses import replace

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django_q.models import Failure

from campaigns.models import (
    Activity,
    ClosedDay,
    ContactImport,
    PortalSettings,
    ProviderAccount,
    ReceiptLog,
    SenderId,
    Suppression,
    User,
    VendorCount,
)
from providers.errors import AccountRefused
from tests.factories import make_account, make_campaign, make_sender, make_suppression, make_user

pytestmark = pytest.mark.django_db
ACCOUNT_ADD = "/admin/campaigns/provideraccount/add/?provider=zettai_reach"
ANEW = "n" * 32
SECRET = "s3cret" + "x" * 26


@pytest.fixture
def administrator(client):
    user = make_user("administrator")
    client.force_login(user)
    client.user = user
    return client


def account_form(**overrides) -> dict[str, object]:
    values = {
        "label": "本番",
        "base_url": "https://sms.example.jp/",
        "is_active": "on",
        "credential_token": SECRET,
        "credential_client_id": "20001",
        "requests_per_second": 50,
        "receives_callbacks": "on",
        "counting_profile": "zettai",
        "counting_overrides": "{}",
        "unit_price": "9.50",
        "billing_rule": "delivered",
        "closing_day": 0,
        "senders-TOTAL_FORMS": 0,
        "senders-INITIAL_FORMS": 0,
    }
    return values | overrides


def change_url(obj) -> str:
    return reverse(f"admin:campaigns_{obj._meta.model_name}_change", args=[obj.pk])


def errors(response) -> str:
    return " ".join(re.findall(r'<ul class="errorlist.*?</ul>', response.content.decode(), re.DOTALL))


def test_only_what_is_configured_or_looked_at_is_there():
    registered = set(admin.site._registry)
    assert registered == {
        Activity,
        ClosedDay,
        ContactImport,
        Failure,
        PortalSettings,
        ProviderAccount,
        ReceiptLog,
        SenderId,
        Suppression,
        User,
        VendorCount,
    }


def test_the_contents_page_is_grouped_and_named(administrator):
    text = administrator.get("/admin/").content.decode()
    assert "SMS配信ポータル 管理" in text
    for group in ("接続", "運用", "記録(閲覧のみ)", "失敗した処理"):
        assert group in text


@pytest.mark.parametrize("role", ["viewer", "operator", "approver", "accountant"])
def test_nobody_else_gets_in(client, role):
    client.force_login(make_user(role))
    assert client.get("/admin/campaigns/provideraccount/").status_code in (302, 403)


def test_every_page_opens_without_inline_code(administrator):
    account = make_account()
    make_sender(account)
    rows = [account, SenderId.objects.get(), PortalSettings.load(), administrator.user, make_suppression()]
    rows += [ClosedDay.objects.create(day="2026-12-31", name="大晦日")]
    rows += [Activity.objects.note(None, "settings_changed", account)]
    pages = [change_url(row) for row in rows] + ["/admin/", "/admin/campaigns/user/add/", ACCOUNT_ADD]
    pages += [reverse(f"admin:{m._meta.app_label}_{m._meta.model_name}_changelist") for m in admin.site._registry]
    for page in pages:
        response = administrator.get(page, follow=True)
        assert response.status_code == 200, page
        assert not re.search(
            r"<style|\sstyle=|<script(?![^>]*\ssrc=)(?![^>]*json)|\son[a-z]+=", response.content.decode()
        )


def test_a_new_account_begins_with_the_choice_of_a_vendor(administrator):
    text = administrator.get(reverse("admin:campaigns_provideraccount_add")).content.decode()
    assert "?provider=zettai_reach" in text
    assert "絶対リーチ" in text


def test_the_form_of_a_new_account_comes_filled_for_its_vendor(administrator):
    text = administrator.get(ACCOUNT_ADD).content.decode()
    assert 'name="credential_token"' in text
    assert 'name="credential_client_id"' in text
    assert 'value="50"' in text
    assert '<option value="zettai" selected>' in text


def test_a_vendor_is_asked_only_for_what_it_needs(administrator, vendor, monkeypatch):
    monkeypatch.setattr(vendor, "capabilities", replace(vendor.capabilities, receipts=False))
    page = reverse("admin:campaigns_provideraccount_add") + "?provider=scripted"
    text = administrator.get(page).content.decode()
    assert 'name="credential_token"' in text
    assert 'name="credential_client_id"' not in text
    assert 'name="receives_callbacks"' not in text
    assert administrator.post(page, account_form()).status_code == 302
    account = ProviderAccount.objects.get()
    assert account.credentials == {"token": SECRET}
    assert not account.receives_callbacks


def test_an_account_is_added_and_written_down_without_its_credentials(administrator):
    assert administrator.post(ACCOUNT_ADD, account_form()).status_code == 302
    account = ProviderAccount.objects.get()
    assert account.provider == "zettai_reach"
    assert account.credentials == {"token": SECRET, "client_id": "20001"}
    note = Activity.objects.get()
    assert (note.verb, note.actor, note.target_label) == ("settings_added", administrator.user, "本番")
    assert note.details["credentials"] == ["client_id", "token"]
    assert SECRET not in str(note.details)


def test_credentials_go_in_and_never_come_out(administrator):
    account = make_account(credentials={"token": SECRET, "client_id": "20001"})
    text = administrator.get(change_url(account)).content.decode()
    assert SECRET not in text
    assert "20001" not in text
    assert "設定済みです" in text


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        pytest.param(
            {"credential_token": "", "credential_client_id": ""}, {"token": SECRET, "client_id": "1"}, id="kept"
        ),
        pytest.param(
            {"credential_token": ANEW, "credential_client_id": ""}, {"token": ANEW, "client_id": "1"}, id="one anew"
        ),
    ],
)
def test_an_empty_field_keeps_what_is_stored(administrator, typed, stored):
    account = make_account(credentials={"token": SECRET, "client_id": "1"})
    assert administrator.post(change_url(account), account_form(**typed)).status_code == 302
    account.refresh_from_db()
    assert account.credentials == stored


def test_a_change_is_written_down_before_and_after(administrator):
    account = make_account(credentials={"token": SECRET, "client_id": "1"}, label="本番")
    typed = account_form(credential_token="", credential_client_id="", requests_per_second=100)
    administrator.post(change_url(account), typed)
    details = Activity.objects.get().details
    assert details["changed"]["requests_per_second"] == ["500", "100"]
    assert "credentials" not in details


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        pytest.param({"base_url": "http://sms.example.jp/"}, "https", id="not encrypted"),
        pytest.param({"base_url": "https://user:pass@sms.example.jp/"}, "https", id="a password in the address"),
        pytest.param({"credential_token": ""}, "受け取った値を入力", id="no credential yet"),
        pytest.param({"requests_per_second": 0}, "1 以上", id="a pace of nothing"),
        pytest.param({"closing_day": 29}, "28 以下", id="a day some months lack"),
        pytest.param({"counting_overrides": '{"ucs2_mutli": 67}'}, "という項目はありません", id="a misspelt override"),
        pytest.param({"counting_overrides": '{"ucs2_multi": "67"}'}, "0以上の整数", id="an override that is a text"),
        pytest.param({"counting_overrides": '{"ucs2_multi": true}'}, "0以上の整数", id="an override that is no number"),
        pytest.param({"counting_overrides": '{"newline_weight": 3}'}, "1か2", id="a weight nobody uses"),
        pytest.param({"counting_overrides": "[67]"}, "の形で入力", id="a list"),
    ],
)
def test_a_wrong_account_is_refused_with_the_reason(administrator, wrong, sentence):
    response = administrator.post(ACCOUNT_ADD, account_form(**wrong))
    assert response.status_code == 200
    assert sentence in errors(response)
    assert ProviderAccount.objects.count() == 0


def test_this_machine_may_be_spoken_to_in_clear(administrator):
    assert administrator.post(ACCOUNT_ADD, account_form(base_url="http://127.0.0.1:8010/")).status_code == 302


def test_senders_are_entered_with_their_account(administrator):
    sender = {"senders-TOTAL_FORMS": 1, "senders-0-value": "00054", "senders-0-label": "共通", "senders-0-purpose": ""}
    administrator.post(ACCOUNT_ADD, account_form(**sender))
    assert SenderId.objects.get().account == ProviderAccount.objects.get()
    assert list(Activity.objects.values_list("target_type", flat=True)) == ["provideraccount", "senderid"]


def test_the_address_for_receipts_is_shown(administrator, settings):
    settings.PORTAL_URL = "https://portal.example.jp"
    account = make_account()
    assert (
        f"https://portal.example.jp/hooks/{account.pk}/{account.callback_key}/"
        in administrator.get(change_url(account)).content.decode()
    )


def test_an_account_in_use_cannot_be_deleted(administrator):
    used, unused = make_campaign().account, make_account()
    assert administrator.post(f"/admin/campaigns/provideraccount/{used.pk}/delete/", {"post": "yes"}).status_code == 403
    administrator.post(f"/admin/campaigns/provideraccount/{unused.pk}/delete/", {"post": "yes"})
    assert list(ProviderAccount.objects.all()) == [used]
    assert Activity.objects.get().verb == "settings_deleted"


@pytest.fixture
def halted(vendor):
    return make_account(provider="scripted", label="本番", halted_reason="quota_used_up", halted_at=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_a_check_that_succeeds_lets_the_account_send_again(administrator, halted):
    response = administrator.post(reverse("admin:campaigns_provideraccount_check", args=[halted.pk]), follow=True)
    assert "「本番」に接続できました" in response.content.decode()
    halted.refresh_from_db()
    assert not halted.is_halted
    assert Activity.objects.get().verb == "account_checked"


@pytest.mark.django_db(transaction=True)
def test_a_check_that_fails_says_why_and_changes_nothing(administrator, halted, vendor):
    vendor.refuses_check = AccountRefused("credentials_refused")
    data = {"action": "check_connection", "_selected_action": halted.pk}
    response = administrator.post(reverse("admin:campaigns_provideraccount_changelist"), data, follow=True)
    assert "接続できませんでした。配信事業者が認証情報" in response.content.decode()
    halted.refresh_from_db()
    assert halted.halted_reason == "quota_used_up"


def test_a_check_needs_a_click_and_the_right(administrator, client, halted):
    url = reverse("admin:campaigns_provideraccount_check", args=[halted.pk])
    assert administrator.get(url).status_code == 405
    client.force_login(make_user("operator", is_staff=True))
    assert client.post(url).status_code == 403


def test_the_portal_s_settings_are_one_row_and_written_down(administrator):
    response = administrator.get(reverse("admin:campaigns_portalsettings_changelist"), follow=True)
    assert response.redirect_chain[0][0] == change_url(PortalSettings.load())
    typed = {"organisation": "見本商会", "window_opens": "10:00", "window_closes": "19:00", "undo_seconds": 10}
    typed |= {"history_kept_days": 365, "proofs_kept_days": "", "receipts_kept_days": 30}
    typed |= {"recent_days": 0, "approval_above": "", "own_hosts": "", "sends_on_weekends": "on"}
    administrator.post(change_url(PortalSettings.load()), typed)
    settings = PortalSettings.load()
    assert (settings.organisation, settings.approval_above, settings.sends_on_holidays) == ("見本商会", None, False)
    changed = Activity.objects.get().details["changed"]
    assert changed["window_opens"] == ["09:00:00", "10:00:00"]
    assert changed["approval_above"] == ["0", ""]


def person_form(*roles: str, **overrides) -> dict[str, object]:
    groups = [
        str(pk) for pk in User.groups.field.related_model.objects.filter(name__in=roles).values_list("pk", flat=True)
    ]
    return {"username": "suzuki", "last_name": "鈴木", "is_active": "on", "groups": groups} | overrides


def test_a_person_is_added_with_roles(administrator):
    password = {"password1": "a-long-Pass-9", "password2": "a-long-Pass-9"}
    response = administrator.post("/admin/campaigns/user/add/", person_form("operator", "accountant", **password))
    assert response.status_code == 302
    person = User.objects.get(username="suzuki")
    assert sorted(person.groups.values_list("name", flat=True)) == ["accountant", "operator"]
    assert not person.is_staff
    note = Activity.objects.get()
    assert "a-long" not in str(note.details)


def test_administrators_and_nobody_else_enter_the_admin(administrator):
    person = make_user("viewer", username="suzuki")
    administrator.post(change_url(person), person_form("administrator"))
    assert User.objects.get(pk=person.pk).is_staff
    administrator.post(change_url(person), person_form("viewer"))
    assert not User.objects.get(pk=person.pk).is_staff
    changed = [row.details["changed"]["groups"] for row in Activity.objects.order_by("pk")]
    assert changed == [["viewer", "administrator"], ["administrator", "viewer"]]


def test_nobody_changes_their_own_roles(administrator):
    typed = person_form("viewer", username=administrator.user.username)
    typed.pop("is_active")
    administrator.post(change_url(administrator.user), typed)
    administrator.user.refresh_from_db()
    assert administrator.user.is_active
    assert administrator.user.groups.get().name == "administrator"


def test_a_superuser_s_password_is_beyond_an_administrator(administrator):
    above = make_user("administrator", is_superuser=True)
    url = reverse("admin:auth_user_password_change", args=[above.pk])
    typed = {"password1": "a-long-Pass-9", "password2": "a-long-Pass-9"}
    assert administrator.post(url, typed).status_code == 403
    assert administrator.post(change_url(above), person_form("viewer")).status_code == 403


def test_a_password_set_for_somebody_is_written_down(administrator):
    person = make_user("viewer")
    typed = {"password1": "a-long-Pass-9", "password2": "a-long-Pass-9", "usable_password": "true"}
    administrator.post(reverse("admin:auth_user_password_change", args=[person.pk]), typed)
    assert User.objects.get(pk=person.pk).check_password("a-long-Pass-9")
    assert Activity.objects.get().verb == "password_set"


def test_people_are_deactivated_and_not_deleted(administrator):
    person = make_user("viewer")
    assert administrator.post(f"/admin/campaigns/user/{person.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", [Activity, ContactImport, ReceiptLog, Suppression, VendorCount])
def test_records_cannot_be_added(administrator, model):
    assert administrator.get(reverse(f"admin:campaigns_{model._meta.model_name}_add")).status_code == 403


def test_records_cannot_be_changed_or_deleted(administrator):
    suppression = make_suppression()
    assert administrator.post(change_url(suppression), {"reason": "manual"}).status_code == 403
    assert (
        administrator.post(f"/admin/campaigns/suppression/{suppression.pk}/delete/", {"post": "yes"}).status_code == 403
    )
    assert Suppression.objects.get().reason == "opt_out"


def test_a_receipt_s_body_is_not_shown(administrator):
    body = b'{"phoneNumber": "+819012345678"}'
    log = ReceiptLog.objects.create(
        account=make_account(), body=body, received_at=timezone.now(), retry_at=timezone.now()
    )
    assert "9012345678" not in administrator.get(change_url(log)).content.decode()


def test_a_failure_tells_its_kind_and_none_of_its_values(administrator):
    result = (
        "duplicate key : Traceback (most recent call last):\n"
        '  File "/app/campaigns/x.py", line 5, in run\n    store(row)\n'
        "django.db.utils.IntegrityError: duplicate key\nDETAIL:  Key (phone)=(+819012345678) already exists.\n"
    )
    failure = Failure.objects.create(
        id="f" * 32,
        name="f",
        func="campaigns.tasks.advance_import",
        args=(7,),
        result=result,
        started=timezone.now(),
        stopped=timezone.now(),
        success=False,
    )
    for page in (
        reverse("admin:django_q_failure_changelist"),
        reverse("admin:django_q_failure_change", args=[failure.pk]),
    ):
        text = administrator.get(page).content.decode()
        assert "advance_import" in text
        assert "IntegrityError" in text
        assert "9012345678" not in text
