import pytest

from campaigns.models import Activity, MessageTemplate
from campaigns.services.planning.template_versions import restore, save_template
from tests.factories import make_template, make_user

pytestmark = pytest.mark.django_db


def history(template: MessageTemplate) -> list[tuple[int, str]]:
    return list(template.versions.order_by("version").values_list("version", "body"))


def rewrite(template: MessageTemplate, body: str, actor=None) -> None:
    opened = MessageTemplate.objects.get(pk=template.pk)
    opened.body = body
    save_template(opened, actor or make_user("operator"))


def test_every_text_is_kept_with_its_author():
    one, other = make_user("operator"), make_user("operator")
    template = MessageTemplate(name="予約", body="一")
    save_template(template, one)
    rewrite(template, "二", other)
    assert history(template) == [(1, "一"), (2, "二")]
    assert [version.changed_by for version in template.versions.order_by("version")] == [one, other]


def test_a_text_from_before_versions_were_kept_is_not_lost():
    template = make_template(body="はじめの本文", version=3)
    rewrite(template, "新しい本文")
    assert history(template) == [(3, "はじめの本文"), (4, "新しい本文")]


def test_another_name_is_no_new_version():
    template = make_template(body="同じ本文")
    template.name = "別の名前"
    save_template(template, make_user("operator"))
    assert history(template) == [(1, "同じ本文")]


def test_two_people_who_write_at_the_same_time_both_find_their_text_again():
    template = make_template(body="もとの本文")
    mine, theirs = (MessageTemplate.objects.get(pk=template.pk) for _ in range(2))
    mine.body, theirs.body = "わたしの本文", "ほかの人の本文"
    save_template(theirs, make_user("operator"))
    save_template(mine, make_user("operator"))
    assert history(template) == [(1, "もとの本文"), (2, "ほかの人の本文"), (3, "わたしの本文")]


def test_an_old_text_comes_back_as_the_newest_version():
    template = make_template(body="一")
    rewrite(template, "二")
    restore(template.versions.get(version=1), make_user("operator"))
    assert history(template) == [(1, "一"), (2, "二"), (3, "一")]
    template.refresh_from_db()
    assert (template.body, template.version) == ("一", 3)
    assert Activity.objects.latest("pk").verb == "template_restored"
