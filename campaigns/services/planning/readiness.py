"""What keeps a draft from being counted and sent, each as a sentence for the person who writes it."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign, ContactList, HeldAt, MessageState, PortalSettings, Purpose
from campaigns.rules.content_checks import ERROR, Finding, check_body
from campaigns.rules.placeholders import check
from campaigns.texts import finding_text
from providers.base import Capabilities

from ..accounts import link_hosts, provider_class


def problems(campaign: Campaign) -> list[str]:
    """Empty when the draft can go on to its confirmation."""
    return [sentence for _field, sentence in problems_by_field(campaign)]


def problems_by_field(campaign: Campaign) -> list[tuple[str, str]]:
    """Each with the field of the draft where it is to be mended."""
    return [*_missing_parts(campaign), *_text_problems(campaign), *_wish_problems(campaign), *time_problems(campaign)]


def untried(campaign: Campaign) -> list[str]:
    """Where the organisation asks for it: the very text must have reached a phone of ours before it leaves."""
    if not PortalSettings.load().needs_trial or was_tried(campaign):
        return []
    return [_("この本文をまだテスト送信していません。自分の電話に送って、見え方を確かめてください。")]


def was_tried(campaign: Campaign) -> bool:
    """With this text and sender; the vendor took it, whether or not the phone has answered yet."""
    same = campaign.trials.filter(body=campaign.body, sender=campaign.sender)
    return same.filter(messages__state__in=(MessageState.ACCEPTED, MessageState.DELIVERED)).exists()


def findings(campaign: Campaign) -> list[Finding]:
    """Errors and warnings about the text, for the editor; errors also block."""
    settings = PortalSettings.load()
    able = provider_class(campaign.account).capabilities if campaign.account else Capabilities()
    return check_body(
        campaign.body,
        purpose=campaign.purpose,
        organisation_names=[settings.organisation] if settings.organisation else [],
        allowed_hosts=[*settings.own_hosts.split(), *(link_hosts(campaign.account) if campaign.account else [])],
        route_jis_only=able.jis_only,
    )


def _missing_parts(campaign: Campaign) -> Iterator[tuple[str, str]]:
    if campaign.account is None:
        yield "account", _("接続先を選んでください。")
    elif not campaign.account.is_active:
        text = _("接続先「%(account)s」は使用停止中です。別の接続先を選んでください。")
        yield "account", text % {"account": campaign.account}
    elif campaign.sender is None or campaign.sender.account_id != campaign.account_id:
        yield "sender", _("送信元番号を選んでください。")
    elif campaign.sender.purpose not in ("", campaign.purpose):
        yield "sender", _("送信元番号「%(sender)s」はこの種別には使えません。") % {"sender": campaign.sender}
    if not campaign.lists_in.exists():
        yield "lists_in", _("宛先の配信リストを1つ以上選んでください。")
    chosen = Q(campaigns_in=campaign) | Q(campaigns_out=campaign)
    if filling := ContactList.objects.filter(chosen, recipe__isnull=False).first():
        text = _("配信リスト「%(name)s」は作成の途中です。できあがってから、もう一度お試しください。")
        yield "lists_in", text % {"name": filling}


def _text_problems(campaign: Campaign) -> Iterator[tuple[str, str]]:
    if not campaign.body.strip():
        yield "body", _("本文を入力してください。")
        return
    for problem in check(campaign.body):
        yield "body", finding_text(problem.code, problem.excerpt)
    for finding in findings(campaign):
        if finding.severity == ERROR:
            code = "must_be_removed" if finding.code == "may_not_arrive" else finding.code
            yield "body", finding_text(code, "".join(finding.found))


def time_problems(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """Of the moments alone; all other parts may be pinned already."""
    now = timezone.now()
    starts_at = campaign.scheduled_for or now
    if campaign.scheduled_for and campaign.scheduled_for <= now:
        yield "scheduled_for", _("配信予定日時が過去になっています。これからの日時を指定してください。")
    if campaign.deadline_at and campaign.deadline_at <= starts_at:
        yield "deadline_at", _("送信限度日時は、配信予定日時より後にしてください。")
    if campaign.held_at == HeldAt.VENDOR:
        yield from _booking_problems(campaign)
    window = PortalSettings.load().window()
    if campaign.purpose == Purpose.ADVERTISING and campaign.scheduled_for and not window.is_open(starts_at):
        text = _("広告・宣伝は配信時間帯(%(opens)s〜%(closes)s)の中で予約してください。")
        yield "scheduled_for", text % {"opens": f"{window.opens:%H:%M}", "closes": f"{window.closes:%H:%M}"}


def _wish_problems(campaign: Campaign) -> Iterator[tuple[str, str]]:
    able = campaign.account and provider_class(campaign.account).capabilities
    if campaign.shortens_urls and able and not able.shortens_in_text:
        yield (
            "shortens_urls",
            _("この接続先では、本文のURLを短縮して送れません。印を外すか、別の接続先にしてください。"),
        )


def _booking_problems(campaign: Campaign) -> Iterator[tuple[str, str]]:
    if campaign.account is None:
        return
    able = provider_class(campaign.account).capabilities
    if not able.books:
        yield "held_at", _("この接続先では、配信事業者に予約できません。予約の場所を「このポータル」にしてください。")
    elif campaign.scheduled_for is None:
        yield "scheduled_for", _("配信事業者に予約するときは、配信予定日時を指定してください。")
    else:
        ahead = campaign.scheduled_for - timezone.now()
        if not timedelta(seconds=able.book_at_least_ahead) <= ahead <= timedelta(seconds=able.book_at_most_ahead):
            text = _("配信事業者に予約できるのは、%(least)d分後から%(most)d日後までです。")
            limits = {"least": able.book_at_least_ahead // 60, "most": able.book_at_most_ahead // 86_400}
            yield "scheduled_for", text % limits
