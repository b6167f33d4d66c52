"""The sandbox's mailbox, for reading along. It alone shows codes and links."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.mail.models import SandboxMail
from marketplace.permissions import public
from marketplace.presentation import iso

bp = Blueprint("sandbox_mail", __name__)

SHOWN = 100


@bp.get("/sandbox/mail")
@public
def mailbox() -> ResponseReturnValue:
    """The newest letters; ``to`` narrows them to one address."""
    return render_template("sandbox/mail.html", mails=_newest(), to=request.args.get("to", ""))


@bp.get("/sandbox/mail.json")
@public
def mailbox_json() -> ResponseReturnValue:
    """The same for scripts: newest first, with the text twin."""
    return jsonify(
        [
            {
                "id": mail.id,
                "message": mail.message,
                "to": mail.recipient,
                "subject": mail.subject,
                "text": mail.text,
                "sent_at": iso(mail.sent_at),
                "attachment": mail.attachment_name,
            }
            for mail in _newest()
        ]
    )


def _newest() -> list[SandboxMail]:
    query = sa.select(SandboxMail).order_by(SandboxMail.id.desc()).limit(SHOWN)
    if to := request.args.get("to"):
        query = query.where(SandboxMail.recipient == to.lower())
    return list(db.session.scalars(query))


def _mail(mail_id: int) -> SandboxMail:
    mail = db.session.get(SandboxMail, mail_id)
    if mail is None:
        raise NotFound()
    return mail


@bp.get("/sandbox/mail/<int:mail_id>")
@public
def mail(mail_id: int) -> ResponseReturnValue:
    """One letter: head, text twin, and the page as its reader sees it."""
    return render_template("sandbox/letter.html", mail=_mail(mail_id))


@bp.get("/sandbox/mail/<int:mail_id>/page")
@public
def letter(mail_id: int) -> ResponseReturnValue:
    """The letter's own HTML, which brings its own styles: they are allowed on this one page."""
    response = Response(_mail(mail_id).html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


@bp.get("/sandbox/mail/<int:mail_id>/attachment")
@public
def attachment(mail_id: int) -> ResponseReturnValue:
    """The file that went along."""
    found = _mail(mail_id)
    if found.attachment is None:
        raise NotFound()
    return Response(found.attachment, mimetype="application/pdf")
