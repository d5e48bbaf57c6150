"""Papers handed in: judged by their file name at first, then by whoever controls the stand-in."""

from app.sandbox.lemonway.notifier import Notifier
from app.sandbox.lemonway.records import Paper
from app.sandbox.lemonway.store import Store

UNDER_REVIEW, ACCEPTED, REJECTED, UNREADABLE, EXPIRED, WRONG_TYPE = 1, 2, 3, 4, 5, 6

_COMMENTS = {
    REJECTED: "Document refusé.",
    UNREADABLE: "Document illisible.",
    EXPIRED: "Document périmé.",
    WRONG_TYPE: "Ce n'est pas le document demandé.",
}


class Papers:
    """Takes papers and notifies of what becomes of each (9)."""

    def __init__(self, store: Store, notifier: Notifier) -> None:
        self._store = store
        self._notifier = notifier

    def receive(self, wallet_id: str, number: int, kind: int, name: str) -> Paper:
        """Take a paper; `…-expired.pdf` and `…-unreadable.pdf` are refused at once."""
        status = UNDER_REVIEW
        stem = name.rpartition(".")[0] or name
        if stem.endswith("-expired"):
            status = EXPIRED
        elif stem.endswith("-unreadable"):
            status = UNREADABLE
        paper = Paper(
            id=self._store.number(), wallet_id=wallet_id, type=kind, name=name, status=status
        )
        return self._decide(paper, number, status)

    def decide(self, paper: Paper, status: int) -> Paper:
        """Accept or refuse a paper."""
        owners = [one for one in self._store.applicants if one.wallet_id == paper.wallet_id]
        return self._decide(paper, owners[0].number if owners else 0, status)

    def of(self, wallet_id: str) -> list[Paper]:
        """Give a wallet's papers."""
        return [paper for paper in self._store.papers if paper.wallet_id == wallet_id]

    def _decide(self, paper: Paper, number: int, status: int) -> Paper:
        paper.status, paper.comment = status, _COMMENTS.get(status, "")
        self._store.papers.save(paper)
        wallet = self._store.wallets.find(paper.wallet_id)
        if wallet is not None:
            wallet.changed = self._store.seconds()
            self._store.wallets.save(wallet)
        self._notifier.tell(
            9, paper.wallet_id, number, DocId=paper.id, DocType=paper.type, Status=status
        )
        return paper
