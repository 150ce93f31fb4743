"""One file per noun; this list is what the rest of the product imports."""

from .activity import Activity
from .campaign import Campaign, CampaignState, HeldAt, Preparation, new_reference
from .contact import MERGE_COLUMNS, ConsentBasis, Contact, ContactList, ExistingContacts, ListMembership
from .contact_import import ContactImport, ImportState
from .day_count import DayCount, touch_counts
from .due_message import DueMessage
from .heartbeat import Heartbeat
from .message import FINAL, Leaving, Message, MessageState, SendResult, Word
from .message_template import MessageTemplate, Purpose, TemplateVersion
from .open_message import OpenMessage
from .portal_settings import ClosedDay, PortalSettings
from .provider_account import BillingRule, ProviderAccount, SenderId
from .receipt_log import ReceiptLog
from .suppression import Suppression, SuppressionReason
from .trial_phone import TrialPhone
from .user import User
from .vendor_count import VendorCount

__all__ = [
    "FINAL",
    "MERGE_COLUMNS",
    "Activity",
    "BillingRule",
    "Campaign",
    "CampaignState",
    "ClosedDay",
    "ConsentBasis",
    "Contact",
    "ContactImport",
    "ContactList",
    "DayCount",
    "DueMessage",
    "ExistingContacts",
    "Heartbeat",
    "HeldAt",
    "ImportState",
    "Leaving",
    "ListMembership",
    "Message",
    "MessageState",
    "MessageTemplate",
    "OpenMessage",
    "PortalSettings",
    "Preparation",
    "ProviderAccount",
    "Purpose",
    "ReceiptLog",
    "SendResult",
    "SenderId",
    "Suppression",
    "SuppressionReason",
    "TemplateVersion",
    "TrialPhone",
    "User",
    "VendorCount",
    "Word",
    "new_reference",
    "touch_counts",
]
