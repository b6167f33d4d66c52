"""The bank file: a valid pain.001.001.09 for European and other accounts, the same bytes each time."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from marketplace.money import Money
from marketplace.payouts.accounts import is_account, is_bank, is_bic, is_iban
from marketplace.payouts.bank_file import NAMESPACE, BankFile
from marketplace.payouts.cash import TransferWanted
from tests.architecture.source import ROOT
from tests.contracts.xml_schema import Schema

SCHEMA = Schema(ROOT / "tests/contracts/iso20022/pain.001.001.09.xsd")
AT = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
OURS = BankFile(name="Vauquelle Société", account="FR1420041010050500013M02606", bank="PSSTFRPPMAR")
IN_EUROPE = [
    TransferWanted(
        "N000000001", Money(123_456, "EUR"), "Zoë Müller-Łukasz <Ltd>", "DE89370400440532013000", "COBADEFFXXX"
    ),
    TransferWanted("N000000002", Money(1, "EUR"), "日本", "NL91ABNA0417164300", ""),
]
ELSEWHERE = [TransferWanted("N000000003", Money(10_000, "ZAR"), "Thandi M", "62001234567", "250655")]


def values(document: bytes, name: str) -> list[str | None]:
    return [node.text for node in ET.fromstring(document).iter(f"{{{NAMESPACE}}}{name}")]


def test_the_file_is_valid_and_says_what_is_to_be_paid() -> None:
    for transfers in (IN_EUROPE, ELSEWHERE):
        written = OURS.file("P0000001", transfers, at=AT)
        assert SCHEMA.faults(written) == []
        assert written == OURS.file("P0000001", transfers, at=AT)
    written = OURS.file("P0000001", IN_EUROPE, at=AT)
    assert values(written, "CtrlSum") == ["1234.57", "1234.57"]
    assert values(written, "NbOfTxs") == ["2", "2"]
    assert values(written, "InstdAmt") == ["1234.56", "0.01"]
    assert values(written, "EndToEndId") == ["N000000001", "N000000002"]
    assert values(written, "Nm") == ["Vauquelle Societe"] * 2 + ["Zoe Mueller-Lukasz Ltd", "-"]
    assert values(written, "IBAN")[1:] == ["DE89370400440532013000", "NL91ABNA0417164300"]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("<MsgId>P0000001</MsgId>", ""),
        ("<PmtMtd>TRF</PmtMtd>", "<PmtMtd>CASH</PmtMtd>"),
        ("<IBAN>NL91ABNA0417164300</IBAN>", "<IBAN>nl91</IBAN>"),
        ('Ccy="EUR"', 'Ccy="euro"'),
        ("<Dt>2026-11-28</Dt>", "<Dt>28.11.2026</Dt>"),
        (">0.01<", ">0.0000001<"),
        ("<NbOfTxs>2</NbOfTxs>", "<NbOfTxs>2</NbOfTxs><NbOfTxs>2</NbOfTxs>"),
    ],
)
def test_the_check_notices_what_is_not_valid(right: str, wrong: str) -> None:
    written = OURS.file("P0000001", IN_EUROPE, at=AT).decode()
    assert right in written
    assert SCHEMA.faults(written.replace(right, wrong).encode()) != []


def test_accounts_and_banks_are_told_from_typing_errors() -> None:
    assert is_iban("DE89370400440532013000")
    assert not is_account("DE89370400440532013001")
    assert is_account("62001234567")
    assert not is_account("123")
    assert is_bic("COBADEFFXXX")
    assert is_bank("250655")
    assert not is_bank("BANK")
