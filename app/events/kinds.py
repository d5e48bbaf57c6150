"""Every kind of event there is, and how a timeline groups it."""

from collections.abc import Mapping

from app.events.record import Group

KINDS: Mapping[str, Group] = {
    "contact.created": Group.CHANGES,
    "contact.updated": Group.CHANGES,
    "contact.archived": Group.CHANGES,
    "document.created": Group.DOCUMENTS,
    "document.deleted": Group.DOCUMENTS,
    "document.issued": Group.DOCUMENTS,
    "document.converted": Group.DOCUMENTS,
    "document.copied": Group.DOCUMENTS,
    "document.pdf_failed": Group.DOCUMENTS,
    "document.viewed": Group.DOCUMENTS,
    "document.accepted": Group.DOCUMENTS,
    "document.rejected": Group.DOCUMENTS,
    "document.decision_withdrawn": Group.DOCUMENTS,
    "document.commented": Group.COMMENTS,
    "dispatch.queued": Group.MESSAGES,
    "dispatch.sent": Group.MESSAGES,
    "dispatch.cancelled": Group.MESSAGES,
    "dispatch.recipient_state_changed": Group.MESSAGES,
    "comment.created": Group.COMMENTS,
    "action.created": Group.COMMERCIAL,
    "action.assigned": Group.COMMERCIAL,
    "action.rescheduled": Group.COMMERCIAL,
    "action.completed": Group.COMMERCIAL,
    "action.cancelled": Group.COMMERCIAL,
    "action.due": Group.COMMERCIAL,
    "action.overdue": Group.COMMERCIAL,
    "payment.started": Group.PAYMENTS,
    "payment.received": Group.PAYMENTS,
    "payment.failed": Group.PAYMENTS,
    "payment.refunded": Group.PAYMENTS,
    "payment.refund_failed": Group.PAYMENTS,
    "payment.charged_back": Group.PAYMENTS,
    "payment.dispute_won": Group.PAYMENTS,
    "payment.matched": Group.PAYMENTS,
    "payment.unmatched": Group.PAYMENTS,
    "payment_account.state_changed": Group.PAYMENTS,
    "payment_account.paper_changed": Group.PAYMENTS,
    "payout_account.state_changed": Group.PAYMENTS,
    "payout.state_changed": Group.PAYMENTS,
    "transfer.unmatched": Group.PAYMENTS,
    "provider.differs": Group.PAYMENTS,
    "notice.created": Group.DOCUMENTS,
    "notice.reviewed": Group.DOCUMENTS,
}
"""The public list of the contract, as far as something makes them; a kind stays once it is here.

A notice is told in the group of what it is about, most often a document.
"""
