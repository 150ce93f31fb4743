"""Whether everything is as it must be: our rows against what the phones saw."""

from .rig import Rig

COMPLETED = "SELECT 1 FROM campaigns_campaign WHERE state <> 'completed'"
UNDER_WAY = "SELECT 1 FROM campaigns_message WHERE state IN ('queued', 'sending')"
DUE = "SELECT 1 FROM campaigns_duemessage"
# In doubt for good is only what a vendor without proof never had; a person decides, and finds it listed.
UNSETTLED = """SELECT 1 FROM campaigns_message m JOIN campaigns_provideraccount a ON a.id = m.account_id
WHERE m.state IN ('accepted', 'booked') OR (m.state = 'unknown' AND a.provider <> 'rakuten_cpaas')"""
UNASKED = """SELECT 1 FROM campaigns_openmessage o JOIN campaigns_provideraccount a ON a.id = o.account_id
WHERE o.in_doubt AND o.looks = 0 AND a.provider <> 'rakuten_cpaas'"""
LEASED = "SELECT 1 FROM campaigns_provideraccount WHERE lease IS NOT NULL"
UNCOUNTED = "SELECT 1 FROM campaigns_campaign WHERE counts_touched_at IS NOT NULL"
MESSAGES = """SELECT m.reference, m.state, m.reason, a.provider FROM campaigns_message m
JOIN campaigns_provideraccount a ON a.id = m.account_id"""
NOT_LISTED = """SELECT m.reference FROM campaigns_message m LEFT JOIN campaigns_openmessage o ON o.message_id = m.id
WHERE m.state = 'unknown' AND o.in_doubt IS NOT TRUE"""

NEVER_TAKEN = {"karaden": "refused", "rakuten_cpaas": "unknown"}  # where no phone rang; 絶対リーチ was asked again


def is_completed(rig: Rig) -> bool:
    return not any(map(rig.rows, (COMPLETED, UNDER_WAY, DUE)))


def is_asked_about(rig: Rig) -> bool:
    """All that is in doubt, where a vendor can say: within half an hour there is time for that."""
    return not rig.rows(UNASKED)


def is_settled(rig: Rig) -> bool:
    return not any(map(rig.rows, (UNSETTLED, UNCOUNTED, LEASED)))


def objections(rig: Rig) -> list[str]:
    return [*_rung_twice(rig), *_wrong_states(rig), *_miscounted(rig), *_not_listed(rig)]


def _rung_twice(rig: Rig) -> list[str]:
    ledger = rig.sandbox.ledger()
    twice = (*ledger["handed_over_twice"], *ledger["rung_twice"], *ledger["numbers_rung_twice"])
    return [f"twice: {entry}" for entry in twice]


def _wrong_states(rig: Rig) -> list[str]:
    rung = {entry["reference"] for entry in rig.sandbox.entries() if entry["rings"]}
    return [
        f"{provider}: {state} ({reason}), rung: {reference in rung}"
        for reference, state, reason, provider in rig.rows(MESSAGES)
        if not _is_right(provider, state, has_rung=reference in rung)
    ]


def _is_right(provider: str, state: str, *, has_rung: bool) -> bool:
    return state == ("delivered" if has_rung else NEVER_TAKEN.get(provider))


def _miscounted(rig: Rig) -> list[str]:
    return [
        f"counted {counted} of {state}, there are {present}" for _, state, counted, present in rig.call("miscounted")
    ]


def _not_listed(rig: Rig) -> list[str]:
    return [f"in doubt and nobody asks: {reference}" for (reference,) in rig.rows(NOT_LISTED)]
