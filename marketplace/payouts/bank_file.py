"""A payout run as a file for the brand's own bank: ISO 20022 ``pain.001.001.09``, a customer credit transfer.

Written with the standard library (docs/decisions/0035-a-bank-file-of-our-own.md). The same run always gives the same
bytes: the file may be fetched again after a crash, and a bank refuses the message it has had.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from xml.etree import ElementTree as ET

from marketplace.money import Money
from marketplace.payouts.accounts import is_bic, is_iban
from marketplace.payouts.cash import TransferReport, TransferWanted

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
LONGEST_NAME = 70  # what European banks pass on
_FOREIGN = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")  # outside the letters every bank takes

_SAID = "ä:ae ö:oe ü:ue Ä:Ae Ö:Oe Ü:Ue ß:ss Ø:O ø:o Ł:L ł:l"
_SPOKEN = {ord(letter): said for letter, said in (pair.split(":") for pair in _SAID.split())}


class BankFile:
    """Nothing is sent from here: a manager fetches the file, hands it in, and says when the bank has carried it out."""

    name = "bank_file"
    hosts_accounts = False

    def __init__(self, *, name: str, account: str, bank: str) -> None:
        self._name, self._account, self._bank = name, account, bank

    def send(self, wanted: TransferWanted) -> TransferReport:
        return TransferReport(wanted.key, "on_its_way")

    def find(self, wanted: TransferWanted) -> TransferReport | None:
        return None  # ``send`` changes nothing anywhere, so it may be asked again

    def file(self, number: str, transfers: Sequence[TransferWanted], *, at: datetime) -> bytes:
        """The message. ``number`` is its id, ``at`` when the run was started and the day it is to be carried out."""
        document = ET.Element("Document", xmlns=NAMESPACE)
        message = ET.SubElement(document, "CstmrCdtTrfInitn")
        currency = transfers[0].amount.currency
        total = Money(sum(one.amount.minor for one in transfers), currency).plain
        head = ET.SubElement(message, "GrpHdr")
        _text(head, "MsgId", number)
        _text(head, "CreDtTm", f"{at:%Y-%m-%dT%H:%M:%S}")
        _text(head, "NbOfTxs", str(len(transfers)))
        _text(head, "CtrlSum", total)
        _text(ET.SubElement(head, "InitgPty"), "Nm", _plain(self._name))
        batch = ET.SubElement(message, "PmtInf")
        _text(batch, "PmtInfId", f"{number}-1")
        _text(batch, "PmtMtd", "TRF")
        _text(batch, "NbOfTxs", str(len(transfers)))
        _text(batch, "CtrlSum", total)
        if currency == "EUR":
            _text(batch, "PmtTpInf/SvcLvl/Cd", "SEPA")
        _text(batch, "ReqdExctnDt/Dt", f"{at:%Y-%m-%d}")
        _text(batch, "Dbtr/Nm", _plain(self._name))
        _account(batch, "DbtrAcct", self._account)
        _bank(batch, "DbtrAgt", self._bank)
        if currency == "EUR":
            _text(batch, "ChrgBr", "SLEV")
        for one in transfers:
            _transfer(batch, one)
        ET.indent(document)
        written: bytes = ET.tostring(document, encoding="UTF-8", xml_declaration=True)
        return written


def _transfer(batch: ET.Element, wanted: TransferWanted) -> None:
    entry = ET.SubElement(batch, "CdtTrfTxInf")
    _text(entry, "PmtId/EndToEndId", wanted.key)
    amount = ET.SubElement(ET.SubElement(entry, "Amt"), "InstdAmt", Ccy=wanted.amount.currency)
    amount.text = wanted.amount.plain
    if wanted.bank:
        _bank(entry, "CdtrAgt", wanted.bank)
    _text(entry, "Cdtr/Nm", _plain(wanted.name))
    _account(entry, "CdtrAcct", wanted.account)
    _text(entry, "RmtInf/Ustrd", wanted.key)


def _text(parent: ET.Element, path: str, text: str) -> None:
    *way, last = path.split("/")
    for step in way:
        parent = ET.SubElement(parent, step)
    ET.SubElement(parent, last).text = text


def _account(parent: ET.Element, name: str, account: str) -> None:
    element = ET.SubElement(parent, name)
    _text(element, "Id/IBAN" if is_iban(account) else "Id/Othr/Id", account)


def _bank(parent: ET.Element, name: str, bank: str) -> None:
    element = ET.SubElement(parent, name)
    if not bank:
        _text(element, "FinInstnId/Othr/Id", "NOTPROVIDED")
    elif is_bic(bank):
        _text(element, "FinInstnId/BICFI", bank)
    else:
        _text(element, "FinInstnId/ClrSysMmbId/MmbId", bank)


def _plain(name: str) -> str:
    """A name in the letters that every bank takes."""
    return _FOREIGN.sub("", _without_accents(name.translate(_SPOKEN))).strip()[:LONGEST_NAME] or "-"


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
