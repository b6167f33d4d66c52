"""The forms of joining, signing in and looking after an account."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired

from marketplace.form_fields import Form
from marketplace.people.emails import EmailAddress
from marketplace.people.passwords import SHORTEST
from marketplace.text import PlainText, printable

_NEW_PASSWORD = {"autocomplete": "new-password", "minlength": SHORTEST}
_LONG = _l("At least 12 characters. Three or four words that nobody would put together will do.")


class EmailForm(Form):
    """An e-mail to send a link to."""

    email = EmailField(_l("E-mail"), [EmailAddress()], render_kw={"autocomplete": "email"})


class SignInForm(Form):
    """E-mail and password. What is no e-mail is simply wrong, as any other."""

    email = EmailField(
        _l("E-mail"),
        [DataRequired(_l("Enter your e-mail."))],
        filters=[printable],
        render_kw={"autocomplete": "username"},
    )
    password = PasswordField(
        _l("Password"), [DataRequired(_l("Enter your password."))], render_kw={"autocomplete": "current-password"}
    )
    next = HiddenField(filters=[printable])


class FinishJoiningForm(Form):
    """What an account needs besides its e-mail."""

    name = StringField(_l("Full name"), [PlainText(80)], render_kw={"autocomplete": "name"})
    password = PasswordField(
        _l("Password"), [DataRequired(_l("Choose a password."))], description=_LONG, render_kw=_NEW_PASSWORD
    )


class NewPasswordForm(Form):
    """A new password, for whoever holds the link."""

    password = PasswordField(
        _l("New password"), [DataRequired(_l("Choose a password."))], description=_LONG, render_kw=_NEW_PASSWORD
    )


class ChangePasswordForm(NewPasswordForm):
    """A new password, for whoever knows the old one."""

    current = PasswordField(
        _l("Current password"),
        [DataRequired(_l("Enter your password."))],
        render_kw={"autocomplete": "current-password"},
    )


class CodeForm(Form):
    """The code of the second factor."""

    code = StringField(
        _l("Code"),
        [DataRequired(_l("Enter the six figures your app shows."))],
        filters=[printable],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 7},
    )
    next = HiddenField(filters=[printable])


class NameForm(Form):
    """What a person is called."""

    name = StringField(_l("Full name"), [PlainText(80)], render_kw={"autocomplete": "name"})
