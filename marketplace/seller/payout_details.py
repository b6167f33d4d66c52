"""``/sell/payouts/…``: what has to be known before a bank transfer, and statements of what was paid."""

from __future__ import annotations

import csv
import io
import re

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from marketplace import clock
from marketplace.errors import NotFound
from marketplace.form_fields import Form
from marketplace.limits import limiter
from marketplace.payouts import accounts, gates, statements
from marketplace.payouts.accounts import AccountAbroad, BankDetails, WrongBankCode
from marketplace.payouts.cash import carrier
from marketplace.payouts.cash_models import TaxStatus
from marketplace.payouts.words import TAX_STATES
from marketplace.permissions import member, the_person
from marketplace.programme import versions
from marketplace.text import PlainText, spreadsheet_cell

VAT_NUMBER = re.compile(r"(?=(.*\d){5})[A-Z0-9.+*]{5,15}")  # every country's: letters and figures, most of them figures

bp = Blueprint("payout_details", __name__)


def _whose() -> str:
    return f"bank code of {the_person().id}"


class BankForm(Form):
    """Where to pay, and the code from the mailbox."""

    name = StringField(_l("Account holder"), [PlainText(70)])
    account = StringField(_l("IBAN or account number"), [PlainText(42)])
    bank = StringField(
        _l("BIC or bank code"), [PlainText(20, required=False)], description=_l("May be left out with an IBAN.")
    )
    code = StringField(_l("Code from our e-mail"), [PlainText(20)], description=_l("Good for 15 minutes, once."))

    def details(self) -> BankDetails | None:
        """What was entered, where it can be an account; else the fields say why not."""
        found = BankDetails(self.name.data, accounts.tidy(self.account.data), accounts.tidy(self.bank.data or ""))
        if not accounts.is_account(found.account):
            self.account.errors = [_("This is no account number: check its figures.")]
        if (found.bank or not accounts.is_iban(found.account)) and not accounts.is_bank(found.bank):
            self.bank.errors = [_("Enter the BIC, or the number your country's banks go by.")]
        try:
            accounts.check_home(found)
        except AccountAbroad as refusal:
            self.account.errors = [str(refusal.message)]
        return None if self.errors else found


class TaxForm(Form):
    """Whether somebody sells as a private person."""

    status = RadioField(
        _l("For VAT you are"),
        [InputRequired()],
        choices=[SelectChoice(one.value, words) for one, words in TAX_STATES.items()],
    )
    number = StringField(
        _l("VAT number"), [PlainText(20, required=False)], description=_l("Where you are registered for VAT.")
    )


def cash_is_open() -> None:
    """These pages are there where the programme pays by bank transfer."""
    if not versions.current().policy.payout.pays_in("cash"):
        raise NotFound()


def _details_are_ours() -> None:
    """And those for bank details where no carrier asks for them on pages of its own."""
    cash_is_open()
    if carrier().hosts_accounts:
        raise NotFound()


@bp.get("/sell/payouts/bank")
@member
def bank() -> ResponseReturnValue:
    """What we know of the account, and how to change it."""
    _details_are_ours()
    return _ask(BankForm())


def _ask(form: BankForm, status: int = 200) -> ResponseReturnValue:
    rule = versions.current().policy.payout.cash
    known = accounts.account_of(the_person().id)
    return render_template("seller/bank.html", form=form, account=known, rule=rule), status


@bp.post("/sell/payouts/bank/code")
@member
@limiter.limit("5 per hour", key_func=_whose, methods=["POST"])
def send_code() -> ResponseReturnValue:
    """Mail a code to the account's own address."""
    _details_are_ours()
    accounts.send_code(the_person(), at=clock.now())
    flash(_("A code is on its way to your e-mail."), "ok")
    return redirect(url_for("payout_details.bank"), 303)


@bp.post("/sell/payouts/bank")
@member
def change_bank() -> ResponseReturnValue:
    """Keep new details, if the code is right."""
    _details_are_ours()
    form, person, at = BankForm(), the_person(), clock.now()
    if not form.validate_on_submit():
        return _ask(form, 422)
    details = form.details()
    if details is None:
        return _ask(form, 422)
    if not accounts.take_code(person, form.code.data, at=at):
        form.code.errors = [str(WrongBankCode.message)]
        return _ask(form, 422)
    accounts.change(person, details, at=at)
    flash(_("Your bank details are kept."), "ok")
    return redirect(url_for("payouts.payouts"), 303)


@bp.route("/sell/payouts/tax", methods=["GET", "POST"])
@member
def tax() -> ResponseReturnValue:
    """The tax form, filed online (LUX-70)."""
    cash_is_open()
    form = TaxForm()
    if form.validate_on_submit():
        status, number = TaxStatus(form.status.data), accounts.tidy(form.number.data or "")
        if status is TaxStatus.REGISTERED and not VAT_NUMBER.fullmatch(number):
            form.number.errors = [_("Enter your VAT number.")]
        else:
            gates.file_tax_form(the_person(), status, number=number, at=clock.now())
            flash(_("Your tax form is filed."), "ok")
            return redirect(url_for("payouts.payouts"), 303)
    return render_template("seller/tax_form.html", form=form), 422 if form.errors else 200


@bp.get("/sell/payouts/statement.csv")
@member
def statement_file() -> ResponseReturnValue:
    """Everything that was paid, safe to open in a spreadsheet (fault X05)."""
    text = io.StringIO()
    rows = statements.table(the_person())
    csv.writer(text, lineterminator="\r\n").writerows([[spreadsheet_cell(cell) for cell in row] for row in rows])
    headers = {"Content-Disposition": 'attachment; filename="payouts.csv"'}
    return Response(text.getvalue(), mimetype="text/csv", headers=headers)


@bp.get("/sell/payouts/statement.pdf")
@member
def statement_document() -> ResponseReturnValue:
    """The same to print or to keep."""
    headers = {"Content-Disposition": 'attachment; filename="payouts.pdf"'}
    content = statements.document(the_person(), versions.current().policy.identity.title, at=clock.now())
    return Response(content, mimetype="application/pdf", headers=headers)
