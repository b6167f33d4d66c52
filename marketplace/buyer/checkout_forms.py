"""What a buyer types before paying: eight fields, two of them optional."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, HiddenField

from marketplace.people.emails import EmailAddress
from marketplace.shipping.address_form import AddressForm


class CheckoutForm(AddressForm):
    """Who buys and where it goes. ``form_token`` makes one form one checkout."""

    email = EmailField(_l("E-mail"), [EmailAddress()], render_kw={"autocomplete": "email"})
    form_token = HiddenField()
