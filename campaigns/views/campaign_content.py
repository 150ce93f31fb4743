"""What is pinned with the audience, as the confirmation, the approver and the live page all show it."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.errors import RuleError
from campaigns.models import Campaign, PortalSettings
from campaigns.services.planning.confirming import examples, exclusions, is_uncertain, last_time
from campaigns.services.planning.forecasting import forecast
from campaigns.services.planning.readiness import was_tried
from campaigns.services.planning.remarks import warnings_about
from campaigns.services.planning.trials import tried


def pinned_content(campaign: Campaign) -> dict[str, Any]:
    expected = forecast(campaign, campaign.recipients, now=timezone.now())
    return {
        "lists_in": campaign.lists_in.all(),
        "lists_out": campaign.lists_out.all(),
        "examples": examples(campaign),
        "exclusions": exclusions(campaign),
        "excluded_total": sum(campaign.excluded.values()),
        "last_time": last_time(campaign),
        "warnings": warnings_about(campaign),
        "forecast": expected,
        "misses_deadline": expected is not None and expected.misses(campaign.deadline_at),
        "settings": PortalSettings.load(),
        "is_uncertain": is_uncertain(campaign),
        "was_tried": was_tried(campaign),
        "tried": tried(campaign),
        "seen": str(campaign.prepared_at),
    }


def check_seen(campaign: Campaign, seen: str) -> None:
    """RuleError when what the person decided on is no longer what stands there."""
    if seen != str(campaign.prepared_at):
        raise RuleError(_("画面を開いたあとに内容が変わりました。もう一度ご確認ください。"))
