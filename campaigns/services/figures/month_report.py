"""通数集計: one month of every account, by its own closing day, beside what the vendor says it counted."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from campaigns.models import DayCount, ProviderAccount, VendorCount
from campaigns.rules.sending_window import period

from ..accounts import provider_class
from .reporting import Figures, by_day, figures_by, total


@dataclass(frozen=True, slots=True)
class CampaignMonth:
    pk: int
    name: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class CarrierMonth:
    carrier: str
    ours: int
    theirs: int

    @property
    def difference(self) -> int:
        return self.theirs - self.ours


@dataclass(frozen=True, slots=True)
class VendorMonth:
    """The vendor counts calendar months, whatever day the account closes on; so do the figures of ours beside it."""

    asked_at: datetime
    carriers: list[CarrierMonth]

    @property
    def total(self) -> CarrierMonth:
        return CarrierMonth("", sum(c.ours for c in self.carriers), sum(c.theirs for c in self.carriers))


@dataclass(frozen=True, slots=True)
class AccountMonth:
    account: ProviderAccount
    first: date
    last: date
    campaigns: list[CampaignMonth]
    vendor: VendorMonth | None

    @property
    def figures(self) -> Figures:
        return total(campaign.figures for campaign in self.campaigns)

    @property
    def can_ask(self) -> bool:
        return provider_class(self.account).capabilities.month_counts


@dataclass(frozen=True, slots=True)
class MonthReport:
    month: date
    accounts: list[AccountMonth]
    days: dict[date, Figures] = field(default_factory=dict)

    @property
    def figures(self) -> Figures:
        return total(account.figures for account in self.accounts)


def month_report(month: date, only: ProviderAccount | None = None) -> MonthReport:
    """Five queries, however many campaigns the month had."""
    spans = _spans(month, only)
    counts = _counts(spans)
    campaigns: defaultdict[int, list[CampaignMonth]] = defaultdict(list)
    for (account_id, name, pk), figures in figures_by(counts, "account_id", "campaign__name", "campaign_id").items():
        campaigns[account_id].append(CampaignMonth(pk, name, figures))
    vendors = _vendor_months(month, list(spans))
    accounts = [
        AccountMonth(account, first, last, campaigns[account.pk], vendors.get(account.pk))
        for account, (first, last) in spans.items()
        if account.is_active or account.pk in campaigns or account.pk in vendors
    ]
    accounts.sort(key=lambda row: not row.campaigns)  # those that sent nothing come last
    return MonthReport(month, accounts, _days(counts, spans))


def _spans(month: date, only: ProviderAccount | None) -> dict[ProviderAccount, tuple[date, date]]:
    accounts = [only] if only else ProviderAccount.objects.all()
    return {account: period(month, account.closing_day) for account in accounts}


def _counts(spans: dict[ProviderAccount, tuple[date, date]]) -> QuerySet[DayCount]:
    parts = [Q(account=account, day__range=span) for account, span in spans.items()]
    return DayCount.objects.filter(reduce(or_, parts)) if parts else DayCount.objects.none()


def _days(counts: QuerySet[DayCount], spans: dict[ProviderAccount, tuple[date, date]]) -> dict[date, Figures]:
    if not spans:
        return {}
    return by_day(counts, min(first for first, _ in spans.values()), max(last for _, last in spans.values()))


def _vendor_months(month: date, accounts: Sequence[ProviderAccount]) -> dict[int, VendorMonth]:
    theirs: defaultdict[int, dict[str, int]] = defaultdict(dict)
    asked_at: dict[int, datetime] = {}
    for count in VendorCount.objects.filter(account__in=accounts, month=month.replace(day=1)):
        theirs[count.account_id][count.carrier] = count.parts
        asked_at[count.account_id] = count.asked_at
    first, last = period(month, 0)
    counted = DayCount.objects.filter(account__in=list(theirs), day__range=(first, last))
    ours: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for (account_id, carrier), figures in figures_by(counted, "account_id", "carrier").items():
        ours[account_id][carrier] = figures.charged
    return {pk: VendorMonth(asked_at[pk], list(_carriers(ours[pk], theirs[pk]))) for pk in theirs}


def _carriers(ours: dict[str, int], theirs: dict[str, int]) -> Iterator[CarrierMonth]:
    """What nobody counted is left out."""
    for carrier in sorted(ours.keys() | theirs.keys(), key=lambda name: (not name, name)):
        row = CarrierMonth(carrier, ours.get(carrier, 0), theirs.get(carrier, 0))
        if row.ours or row.theirs:
            yield row


BY_CAMPAIGN = ("account__label", "campaign__name", "campaign_id", "campaign__unit_price")
BY_DAY = ("day", *BY_CAMPAIGN, "carrier")


@dataclass(frozen=True, slots=True)
class ExportRow:
    day: date | None  # where the export goes by day
    account: str
    campaign: str
    price: Decimal
    carrier: str
    figures: Figures


def export_rows(month: date, only: ProviderAccount | None, *, daily: bool) -> Iterator[ExportRow]:
    """What the page shows, one row a campaign, or one a day, campaign and carrier; both add up to the page."""
    counts = _counts(_spans(month, only))
    for key, figures in figures_by(counts, *(BY_DAY if daily else BY_CAMPAIGN)).items():
        day, account, name, _, price, carrier = key if daily else (None, *key, "")
        yield ExportRow(day, account, name, price, carrier, figures)
