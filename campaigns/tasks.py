"""Worker entry points: load, call one service, return. Running one twice does no harm."""

from time import monotonic

from django.utils import timezone

from .models import Campaign, ContactImport, ContactList, NumberCleaning, ProviderAccount
from .services.cleaning import clean_numbers as _clean_numbers
from .services.imports.importing import forget_old_files, work_on
from .services.list_building import fill_list as _fill_list
from .services.list_building import wake_filling
from .services.notifying import send_notices as _send_notices
from .services.planning.preparing import clear_preparation as _clear_preparation
from .services.planning.preparing import prepare_campaign as _prepare_campaign
from .services.results.applying import apply_receipts as _apply_receipts
from .services.results.clicking import ask_clicks as _ask_clicks
from .services.results.counting import recount_touched as _recount_touched
from .services.results.polling import look_due as _look_due
from .services.retention import forget_expired as _forget_expired
from .services.retention import wake_retention
from .services.sending.dispatching import SLICE_SECONDS, dispatch_due
from .services.sending.stopping import recall_messages as _recall_messages
from .services.sending.stopping import recall_unwanted as _recall_unwanted
from .services.sending.waking import wake_all as _wake_all


def wake_all() -> None:
    _wake_all()
    forget_old_files(timezone.now())
    wake_filling()
    wake_retention()


def dispatch_account(account_id: int) -> None:
    dispatch_due(ProviderAccount.objects.get(pk=account_id), until=monotonic() + SLICE_SECONDS)


def look_due(account_id: int) -> None:
    _look_due(ProviderAccount.objects.get(pk=account_id))


def apply_receipts(account_id: int) -> None:
    _apply_receipts(ProviderAccount.objects.get(pk=account_id), until=monotonic() + SLICE_SECONDS)


def prepare_campaign(campaign_id: int) -> None:
    for campaign in Campaign.objects.filter(pk=campaign_id):  # a draft may be deleted by now
        _prepare_campaign(campaign, until=monotonic() + SLICE_SECONDS)


def clear_preparation(campaign_id: int) -> None:
    for campaign in Campaign.with_deleted.filter(pk=campaign_id):  # a draft may be gone by now
        _clear_preparation(campaign, until=monotonic() + SLICE_SECONDS)


def recall_messages(campaign_id: int) -> None:
    _recall_messages(Campaign.objects.get(pk=campaign_id), until=monotonic() + SLICE_SECONDS)


def recall_unwanted() -> None:
    for account in ProviderAccount.objects.all():
        _recall_unwanted(account)


def send_notices() -> None:
    _send_notices(until=monotonic() + SLICE_SECONDS)


def recount_touched() -> None:
    _recount_touched(timezone.now())


def forget_expired() -> None:
    _forget_expired(until=monotonic() + SLICE_SECONDS)


def fill_list(list_id: int) -> None:
    if contact_list := ContactList.objects.filter(pk=list_id).first():  # it may be deleted before it is full
        _fill_list(contact_list, until=monotonic() + SLICE_SECONDS)


def ask_clicks(campaign_id: int) -> None:
    _ask_clicks(Campaign.objects.select_related("account").get(pk=campaign_id), until=monotonic() + SLICE_SECONDS)


def clean_numbers(cleaning_id: int) -> None:
    _clean_numbers(NumberCleaning.objects.select_related("account", "contact_list").get(pk=cleaning_id))


def advance_import(import_id: int) -> None:
    work_on(ContactImport.objects.get(pk=import_id), until=monotonic() + SLICE_SECONDS)
