"""What a buyer types before paying: eight fields, two of them optional."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, Field, HiddenField

from marketplace.people.emails import EmailAddress
from marketplace.shipping.address_form import AddressForm


class CheckoutForm(AddressForm):
    """Who buys, where it goes, and whether store credit pays first. ``form_token`` makes one form one checkout."""

    email = EmailField(_l("E-mail"), [EmailAddress()], render_kw={"autocomplete": "email"})
    uses_credit = BooleanField(_l("Use my store credit"))
    form_token = HiddenField()

    def __iter__(self) -> Iterator[Field]:
        """The fields in the order of the page: the e-mail comes first."""
        return iter(sorted(super().__iter__(), key=lambda field: field is not self.email))
