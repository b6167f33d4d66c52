"""Styles: what the house once sold, with its own library pictures."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalogue.words import search_text
from marketplace.database import JSONDocument, Model
from marketplace.money import Money

_SEARCHED = ("number", "title", "house", "category", "colour", "material")


def _search_text(context: Any) -> str:
    inserted = context.get_current_parameters()
    return search_text(*(inserted.get(name) or "" for name in _SEARCHED))


class PictureColumns:
    """A picture in the photo store: ``key`` is its folder there, ``widths`` the derivatives that exist (pixels)."""

    key: Mapped[str] = mapped_column(sa.String(120))
    width: Mapped[int]
    height: Mapped[int]
    widths: Mapped[list[Any]] = mapped_column(JSONDocument)


class Style(Model):
    """One style in one colour, known by its style number."""

    __tablename__ = "styles"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(40), unique=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    house: Mapped[str] = mapped_column(sa.String(60))
    category: Mapped[str] = mapped_column(sa.String(40))
    collection: Mapped[str] = mapped_column(sa.String(40), default="")
    colour: Mapped[str] = mapped_column(sa.String(40))
    material: Mapped[str] = mapped_column(sa.String(60), default="")
    hardware: Mapped[str] = mapped_column(sa.String(40), default="")
    list_price_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    measurements: Mapped[dict[str, Any]] = mapped_column(JSONDocument, default=dict)  # millimetres by name
    search_text: Mapped[str] = mapped_column(sa.Text, default=_search_text)  # folded words, each after a space

    pictures: Mapped[list[StylePicture]] = relationship(order_by="StylePicture.position")

    @property
    def list_price(self) -> Money:
        return Money(self.list_price_minor, self.currency)


class StylePicture(PictureColumns, Model):
    """A library picture of a style."""

    __tablename__ = "style_pictures"
    __table_args__ = (sa.UniqueConstraint("style_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    style_id: Mapped[int] = mapped_column(sa.ForeignKey("styles.id"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(sa.String(20))
    taken_on: Mapped[date | None]  # when the house took it, where the library knows
