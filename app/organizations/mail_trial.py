"""A message to oneself, and how each step of handing it over went."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape

from app.kernel.identifiers import new_id
from app.kernel.wording import Wording, wording
from app.mail.message import Mailbox, OutgoingMessage, build, message_id
from app.mail.ports import Envelope, Failure, MailError, MailTransport, SmtpAccount, Stage
from app.organizations.mail_schemas import StepView

_STEPS = ("connect", "tls", "log_in", "accepted")


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried.

    Attributes:
        account: The server; with its security and user name the steps are told.
        sender: Whom the message comes from.
        to: Whom it goes to.
        organization: Its name, for the words.
        language: Of message and steps.
        mail_domain: Ends the Message-ID.
    """

    account: SmtpAccount
    sender: Mailbox
    to: Mailbox
    organization: str
    language: str
    mail_domain: str


async def try_out(trial: Trial, transport: MailTransport, *, at: datetime) -> list[StepView]:
    """Hand a message over and tell step by step how it went; no transaction is open."""
    failure: MailError | None = None
    try:
        await transport.send(_message(trial, at), _go)
    except MailError as error:
        failure = error
    return list(steps_of(trial, failure))


def steps_of(trial: Trial, failure: MailError | None) -> Iterator[StepView]:
    """Say what became of each step (pure)."""
    words = wording("mail_test", trial.language)
    failed = None if failure is None else _step_of(failure)
    is_over = False
    for step in _STEPS:
        if is_over:
            yield _view(step, "not_reached", words, trial)
        elif step == failed and failure is not None:
            is_over = True
            yield _view(step, "failed", words, trial, failure.text)
        elif _is_needed(step, trial.account):
            yield _view(step, "done", words, trial)
        else:
            yield _view(step, "not_needed", words, trial)


def _step_of(failure: MailError) -> str:
    """Name the step that failed; TLS that comes first fails while connecting."""
    if failure.stage is Stage.CONNECT:
        return "tls" if failure.failure is Failure.CONFIGURATION else "connect"
    return {Stage.STARTTLS: "tls", Stage.AUTH: "log_in"}.get(
        failure.stage or Stage.MAIL, "accepted"
    )


def _is_needed(step: str, account: SmtpAccount) -> bool:
    if step == "tls":
        return account.security != "none"
    return step != "log_in" or account.username is not None


def _view(step: str, outcome: str, words: Wording, trial: Trial, text: str = "") -> StepView:
    key = "not_reached" if outcome == "not_reached" else f"{step}.{outcome}"
    told = words(key, host=trial.account.host, to=trial.to.address, text=text)
    return StepView(step=step, outcome=outcome, words=told)


def _message(trial: Trial, at: datetime) -> Envelope:
    words = wording("mail_test", trial.language)
    text = words("body", organization=trial.organization)
    number = message_id(new_id(), trial.mail_domain)
    content = build(
        OutgoingMessage(
            message_id=number,
            sent_at=at,
            sender=trial.sender,
            to=trial.to,
            subject=words("subject", organization=trial.organization),
            text=text,
            html=f"<!doctype html><p>{escape(text)}</p>",
            is_automatic=True,
        )
    )
    return Envelope(trial.sender.address, trial.to.address, content, number)


async def _go() -> bool:
    return True
