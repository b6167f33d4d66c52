"""Sales elsewhere led to where a test needs them, through the webhook as a marketplace sends it."""

from __future__ import annotations

import sqlalchemy as sa

from marketplace import clock
from marketplace.channels import accounting, connecting, sandbox
from marketplace.channels.models import ChannelSale
from marketplace.channels.port import SaleReport
from marketplace.channels.webhooks import SIGNATURE
from marketplace.consignments.models import ConsignedPiece
from marketplace.database import db, unit_of_work
from marketplace.jobs import runner
from marketplace.ledger import Account, balance, proofs
from marketplace.money import Money
from marketplace.payments import signatures
from marketplace.programme import Policy, versions
from tests.consignments import steps
from tests.programme.policies import changed
from tests.programme.table.channels import ON
from tests.web import Browser

OUTLET = "rue-seconde"


def open_channels(**more: object) -> Policy:
    """Consigning and two outlets are on."""
    policy = changed({**steps.RULES, **ON, **more})
    with unit_of_work():
        versions.publish(policy, at=clock.now())
    return policy


def sold_there(
    piece: ConsignedPiece, *, outlet: str = OUTLET, minor: int | None = None, ref: str | None = None
) -> SaleReport:
    """Somebody buys it there at its price (or another); nobody has told us yet."""
    assert piece.listing is not None
    price = Money(piece.listing.price_minor if minor is None else minor, piece.listing.currency)  # type: ignore[arg-type]
    return sandbox.sell(outlet, piece.listing.number, price, ref=ref)


def signed(body: bytes, *, secret: str | None = None, timestamp: int | None = None) -> dict[str, str]:
    return {SIGNATURE: signatures.sign(body, secret or connecting.webhook_secret(), timestamp)}


def tell(client: Browser, report: SaleReport, *, times: int = 1) -> None:
    """Send the webhook, and let the shop do its work."""
    body = sandbox.notice_of(report)
    for _ in range(times):
        answer = client.post("/webhooks/channels", data=body, headers=signed(body), content_type="application/json")
        assert answer.status_code == 200
    runner.run_until_idle()
    db.session.expire_all()


def sale_of(report: SaleReport) -> ChannelSale:
    db.session.expire_all()
    return db.session.scalars(sa.select(ChannelSale).filter_by(outlet=report.outlet, ref=report.ref)).one()


def books() -> dict[str, int]:
    """What stands in the accounts that a sale elsewhere touches, zero left out; the proofs find nothing."""
    assert proofs.faults() == []
    assert accounting.faults() == []
    accounts = ("CHANNEL_RECEIVABLE", "CHANNEL_FEES", "ESCROW", "OWN_STOCK_SALES", "CONSIGNMENT_PAYABLE", "COMMISSION")
    told = {name.lower(): balance(Account[name], "USD").minor for name in (*accounts, "LOSSES", "CLEARING")}
    return {name: minor for name, minor in told.items() if minor}
