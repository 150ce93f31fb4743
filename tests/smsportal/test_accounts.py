"""Signing in with and without a second factor, and what is noted of it."""

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import hotp_value
from allauth.usersessions.models import UserSession
from cryptography.fernet import Fernet
from django.contrib.auth.models import Group
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from campaigns.models import Activity, PortalSettings, ProviderAccount, User
from smsportal.accounts import SecondFactors
from tests.factories import make_account, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "generated-for-tests"


@pytest.fixture(autouse=True)
def nobody_tried_before() -> None:
    cache.clear()


@pytest.fixture
def person() -> User:
    return make_user("operator", email="ono@example.jp")


def sign_in(client: Client, person: User, password: str = PASSWORD) -> Any:
    return client.post(reverse("account_login"), {"login": person.username, "password": password})


def noted() -> list[str]:
    return list(Activity.objects.order_by("pk").values_list("verb", flat=True))


def code_of(secret: str) -> str:
    return f"{hotp_value(secret, int(time.time()) // 30):06}"


def show_password_again(client: Client, address: str) -> Any:
    answer = client.get(address, follow=True)
    assert answer.request["PATH_INFO"] == reverse("account_reauthenticate")
    return client.post(answer.request["PATH_INFO"], {"password": PASSWORD, "next": address}, follow=True)


def set_up_app(client: Client) -> str:
    """Through the pages, as a person does; the secret the app would hold."""
    page = show_password_again(client, reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert "data:image/svg+xml;base64," in page.content.decode()
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}, follow=True)
    assert len(answer.context["unused_codes"]) == 10
    return secret


def test_signing_in_and_out_is_noted_with_where_from(client: Client, person: User) -> None:
    assert sign_in(client, person).url == reverse("dashboard")
    client.post(reverse("account_logout"))
    assert noted() == ["signed_in", "signed_out"]
    row = Activity.objects.first()
    assert (row.actor, row.target_id, row.details) == (person, str(person.pk), {"from_address": "127.0.0.1"})


@pytest.mark.parametrize(
    ("typed", "target"),
    [
        pytest.param("operator", "operator", id="a person we know"),
        pytest.param("ono@example.jp", "operator", id="by mail address"),
        pytest.param("my-password-in-the-wrong-field", "", id="a name nobody has"),
    ],
)
def test_a_failed_log_in_is_noted_without_what_a_stranger_typed(client: Client, typed: str, target: str) -> None:
    make_user("operator", username="operator", email="ono@example.jp")
    answer = client.post(reverse("account_login"), {"login": typed, "password": "wrong"})
    assert answer.status_code == 200
    (row,) = Activity.objects.all()
    assert (row.verb, row.actor, row.target_label) == ("sign_in_failed", None, target)
    assert "wrong" not in str(vars(row))


def test_the_sixth_wrong_password_in_a_row_is_not_even_looked_at(client: Client, person: User) -> None:
    for _ in range(5):
        sign_in(client, person, "wrong")
    answer = sign_in(client, person)
    assert "_auth_user_id" not in client.session
    assert "ログインの失敗が続いたため" in answer.content.decode()


def test_with_an_app_the_password_alone_does_not_sign_in(client: Client, person: User) -> None:
    sign_in(client, person)
    secret = set_up_app(client)
    other = Client()
    assert sign_in(other, person).url == reverse("mfa_authenticate")
    assert other.get(reverse("dashboard")).status_code == 302
    assert "パスキー" not in other.get(reverse("mfa_authenticate")).content.decode()
    assert "コードが正しくありません" in other.post(reverse("mfa_authenticate"), {"code": "000000"}).content.decode()
    assert other.post(reverse("mfa_authenticate"), {"code": code_of(secret)}).url == reverse("dashboard")
    assert noted() == ["signed_in", "second_factor_failed", "signed_in"]


def test_a_recovery_code_lets_in_once(client: Client, person: User) -> None:
    sign_in(client, person)
    set_up_app(client)
    code = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"][0]
    for outcome in (302, 200):
        other = Client()
        sign_in(other, person)
        assert other.post(reverse("mfa_authenticate"), {"code": code}).status_code == outcome


@pytest.mark.django_db(transaction=True)
def test_a_change_of_the_account_is_noted_and_told_by_mail(client: Client, person: User) -> None:
    sign_in(client, person)
    set_up_app(client)
    client.post(reverse("mfa_generate_recovery_codes"))
    client.post(reverse("mfa_deactivate_totp"))
    new = {"oldpassword": PASSWORD, "password1": "another-generated-1", "password2": "another-generated-1"}
    client.post(reverse("account_change_password"), new)
    changes = ["authenticator_added", "recovery_codes_made", "authenticator_removed", "signed_out", "password_changed"]
    assert noted()[1:6] == changes
    assert {message.subject for message in mail.outbox} == {"アカウントの変更のお知らせ"}
    assert "2段階認証(認証アプリ)を設定" in mail.outbox[0].body
    assert "another-generated-1" not in "".join(message.body for message in mail.outbox)


def test_a_forgotten_password_is_set_anew_by_a_link(client: Client, person: User) -> None:
    client.post(reverse("account_reset_password"), {"email": person.email})
    link = re.search(r"http://testserver(\S+)", mail.outbox[0].body)[1]
    page = client.get(link, follow=True)
    client.post(page.request["PATH_INFO"], {"password1": "another-generated-1", "password2": "another-generated-1"})
    assert sign_in(client, person, "another-generated-1").url == reverse("dashboard")
    assert noted() == ["password_reset", "signed_in"]


def test_secrets_of_apps_are_stored_encrypted(client: Client, person: User) -> None:
    sign_in(client, person)
    secret = set_up_app(client)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert SecondFactors().decrypt(Authenticator.objects.get(type="totp").data["secret"]) == secret


def test_keys_may_go_once_everything_is_encrypted_anew(client: Client, person: User, settings: Any) -> None:
    make_account(credentials={"token": "t"})
    sign_in(client, person)
    secret = set_up_app(client)
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_KEYS]
    call_command("encrypt_anew")
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert ProviderAccount.objects.get().credentials == {"token": "t"}
    assert SecondFactors().decrypt(Authenticator.objects.get(type="totp").data["secret"]) == secret
    assert len(Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()) == 10


def test_the_shell_lets_in_whoever_lost_their_phone(client: Client, person: User) -> None:
    sign_in(client, person)
    set_up_app(client)
    call_command("forget_second_factor", person.username)
    assert sign_in(Client(), person).url == reverse("dashboard")
    assert "second_factor_forgotten" in noted()
    with pytest.raises(CommandError, match="Nobody"):
        call_command("forget_second_factor", "nobody")


def test_a_missing_key_is_an_error_and_never_a_secret(settings: Any) -> None:
    stored = SecondFactors().encrypt("secret")
    settings.FIELD_KEYS = ["0" * 43 + "="]
    with pytest.raises(ImproperlyConfigured):
        SecondFactors().decrypt(stored)


class TestRequiredByRole:
    @pytest.fixture(autouse=True)
    def required(self, person: User) -> None:
        PortalSettings.load().second_factor_roles.set(Group.objects.filter(name__in=["operator", "administrator"]))

    def test_a_person_of_the_role_is_led_to_setting_it_up_and_then_goes_on(self, client: Client, person: User) -> None:
        sign_in(client, person)
        answer = client.get(reverse("campaign_list"), follow=True)
        assert answer.request["PATH_INFO"] == reverse("mfa_index")
        assert "あなたの役割では2段階認証が必要です" in answer.content.decode()
        set_up_app(client)
        assert client.get(reverse("campaign_list")).status_code == 200

    def test_a_swap_leads_the_whole_page_there(self, client: Client, person: User) -> None:
        client.force_login(person)
        answer = client.get(reverse("campaign_list"), headers={"HX-Request": "true"})
        assert answer.headers["HX-Redirect"] == reverse("mfa_index")

    def test_nor_does_the_administration_open(self, client: Client) -> None:
        client.force_login(User.objects.create_superuser("root", password=PASSWORD))
        assert client.get(reverse("admin:index")).url == reverse("mfa_index")

    def test_people_of_other_roles_go_their_way(self, client: Client) -> None:
        client.force_login(make_user("viewer"))
        assert client.get(reverse("campaign_list")).status_code == 200


def test_other_devices_are_seen_and_signed_out(client: Client, person: User) -> None:
    other = Client(headers={"user-agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36"})
    sign_in(other, person)
    sign_in(client, person)
    page = client.get(reverse("usersessions_list")).content.decode()
    assert "Chrome / Windows" in page
    client.post(reverse("usersessions_list"))
    assert other.get(reverse("dashboard")).status_code == 302
    assert client.get(reverse("dashboard")).status_code == 200


def test_one_device_is_signed_out_and_nobody_elses(client: Client, person: User) -> None:
    other, stranger = Client(), Client()
    sign_in(other, person)
    sign_in(stranger, make_user("viewer"))
    sign_in(client, person)
    of_other = UserSession.objects.get(session_key=other.session.session_key)
    of_stranger = UserSession.objects.get(session_key=stranger.session.session_key)
    assert client.post(reverse("session_end", args=[of_stranger.pk])).status_code == 404
    client.post(reverse("session_end", args=[of_other.pk]))
    statuses = [each.get(reverse("account_profile")).status_code for each in (other, stranger, client)]
    assert statuses == [302, 200, 200]
    assert noted()[-1] == "session_ended"


def test_the_profile_says_who_one_is_in_either_language(client: Client, person: User) -> None:
    client.force_login(person)
    assert "担当者" in client.get(reverse("account_profile")).content.decode()
    client.post(reverse("set_language"), {"language": "en"})
    page = client.get(reverse("account_profile")).content.decode()
    assert "担当者" not in page
    assert "ono@example.jp" in page


def test_a_language_once_chosen_is_the_persons_on_every_machine(client: Client, person: User) -> None:
    client.force_login(person)
    client.post(reverse("set_language"), {"language": "en"})
    elsewhere = Client(headers={"accept-language": "ja"})
    elsewhere.force_login(person)
    answer = elsewhere.get(reverse("account_profile"))
    assert answer.headers["content-language"] == "en"
    assert "Profile" in answer.content.decode()


def test_a_language_nobody_speaks_here_is_not_kept(client: Client, person: User) -> None:
    client.force_login(person)
    client.post(reverse("set_language"), {"language": "<b>"})
    person.refresh_from_db()
    assert person.language == ""
