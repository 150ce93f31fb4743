"""One file per noun; this list is what the rest of the product imports."""

from . import lookups  # noqa: F401  registers them
from .activity import Activity
from .campaign import Campaign, CampaignState, HeldAt, Preparation, new_reference
from .contact import MERGE_COLUMNS, ConsentBasis, Contact, ExistingContacts
from .contact_import import ContactImport, ImportRow, ImportState
from .contact_index import ContactIndex
from .contact_list import ContactList, ListMembership
from .day_count import DayCount, touch_counts
from .due_message import DueMessage
from .erased_person import ErasedPerson
from .heartbeat import Heartbeat
from .message import Leaving, Message, SendResult, Word
from .message_state import FAILED, FINAL, REACHES, SENT, TAKEN, WITH_RESULT, MessageState, states_named
from .message_template import MessageTemplate, Purpose, TemplateVersion
from .notice import Notice
from .number_cleaning import CleanedNumber, CleaningState, NumberCleaning, Verdict
from .open_message import GIVE_UP_AFTER, OpenMessage
from .portal_settings import ClosedDay, PortalSettings
from .provider_account import BillingRule, ProviderAccount, SenderId
from .receipt_log import ReceiptLog, ReceiptResult
from .registered_template import FieldValues, RegisteredTemplate
from .saved_filter import SavedFilter
from .suppression import Suppression, SuppressionReason
from .trial_phone import TrialPhone
from .user import User
from .vendor_count import VendorCount

__all__ = [
    "FAILED",
    "FINAL",
    "GIVE_UP_AFTER",
    "MERGE_COLUMNS",
    "REACHES",
    "SENT",
    "TAKEN",
    "WITH_RESULT",
    "Activity",
    "BillingRule",
    "Campaign",
    "CampaignState",
    "CleanedNumber",
    "CleaningState",
    "ClosedDay",
    "ConsentBasis",
    "Contact",
    "ContactImport",
    "ContactIndex",
    "ContactList",
    "DayCount",
    "DueMessage",
    "ErasedPerson",
    "ExistingContacts",
    "FieldValues",
    "Heartbeat",
    "HeldAt",
    "ImportRow",
    "ImportState",
    "Leaving",
    "ListMembership",
    "Message",
    "MessageState",
    "MessageTemplate",
    "Notice",
    "NumberCleaning",
    "OpenMessage",
    "PortalSettings",
    "Preparation",
    "ProviderAccount",
    "Purpose",
    "ReceiptLog",
    "ReceiptResult",
    "RegisteredTemplate",
    "SavedFilter",
    "SendResult",
    "SenderId",
    "Suppression",
    "SuppressionReason",
    "TemplateVersion",
    "TrialPhone",
    "User",
    "VendorCount",
    "Verdict",
    "Word",
    "new_reference",
    "states_named",
    "touch_counts",
]
