"""The shop window: home, lists, search, one piece."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace import clock
from marketplace.buyer import bags, cards, saved_here, seen
from marketplace.buyer.browsing import listed
from marketplace.buyer.item_pages import item_page, public_piece
from marketplace.buyer.kept import kept_for_all, kept_while
from marketplace.errors import NotFound
from marketplace.interests import saving
from marketplace.listings import piece as pieces
from marketplace.listings import views
from marketplace.listings.criteria import Criteria
from marketplace.listings.finding import public_number, public_path
from marketplace.listings.published import GoneForGood, is_gone
from marketplace.listings.search import newest, newest_of_each, suggest
from marketplace.listings.states import ListingState
from marketplace.offers import bargaining, pricing
from marketplace.permissions import current_person, public
from marketplace.programme import Policy, versions
from marketplace.programme.wording import hours_long

bp = Blueprint("shop", __name__)


@bp.get("/")
@public
@kept_for_all
def home() -> ResponseReturnValue:
    """The shop window: what is new, what the programme promises."""
    policy = versions.current().policy
    latest = newest(8)
    return render_template(
        "buyer/home.html",
        hero=cards.first_photo(latest[0]) if latest else None,
        newest=cards.cards(latest),
        styles=_styles(),
        promises=_promises(policy),
        opening={"title": policy.texts.tagline, "text": policy.texts.purpose},
        selling={
            "title": _("Sell what you no longer carry"),
            "text": _selling(policy),
            "link": _("Look at your purchases") if policy.modes.peer_to_peer else _("Ways to sell"),
        },
    )


def _promises(policy: Policy) -> list[dict[str, str]]:
    """What a buyer can count on: where members sell, where pieces come from and who waits for the money."""
    reviewed = {
        "title": _("Reviewed by our own team"),
        "text": _("Photos, flaws, condition and authenticity are checked before a piece is listed."),
    }
    if not policy.modes.peer_to_peer:
        window = hours_long(policy.limits.confirmation_window_hours)
        return [
            reviewed,
            {"title": policy.modes.supply.tag, "text": policy.texts.supply},
            {
                "title": _("Protected after delivery"),
                "text": _(
                    "You have %(window)s from delivery to confirm it, or to tell us that it is not as described.",
                    window=window,
                ),
            },
        ]
    return [
        reviewed,
        {
            "title": _("Bought new from us"),
            "text": _(
                "Every piece comes from a member's own purchase history at %(house)s.", house=policy.identity.house
            ),
        },
        {
            "title": _("Protected after delivery"),
            "text": ngettext(
                "You have %(num)s day to tell us if it is not as described. Only then is the seller paid.",
                "You have %(num)s days to tell us if it is not as described. Only then is the seller paid.",
                policy.limits.confirmation_window_hours // 24,
            ),
        },
    ]


def _selling(policy: Policy) -> str:
    """Why somebody would sell here, and where members name their own price what they receive of it."""
    if not policy.modes.peer_to_peer:
        return policy.texts.selling
    percent = policy.payout.payout_basis_points // 100
    return str(
        _(
            "%(words)s You receive %(percent)s%% of your price as a gift card.",
            words=policy.texts.selling,
            percent=percent,
        )
    )


def _styles() -> list[dict[str, Any]]:
    """Each category that has a piece for sale, with that piece's picture."""
    accepted = versions.current().policy.eligibility.accepted_categories
    newest = newest_of_each([category.key for category in accepted])
    return [
        {
            "label": category.label,
            "href": url_for("shop.category", name=category.key),
            "photo": cards.first_photo(newest[category.key]),
        }
        for category in accepted
        if category.key in newest
    ][:8]


@bp.get("/shop")
@public
@kept_for_all
def everything() -> ResponseReturnValue:
    """Everything for sale."""
    return listed(Criteria.read(request.args), url_for("shop.everything"), _("All pieces"))


@bp.get("/shop/<name>")
@public
@kept_for_all
def category(name: str) -> ResponseReturnValue:
    """One category."""
    found = versions.current().policy.eligibility.category(name)
    if found is None or found.key != name:
        raise NotFound()
    criteria = Criteria.read(request.args, category=found.key)
    return listed(criteria, url_for("shop.category", name=name), found.label, trail=[(_("Shop"), "/shop")])


@bp.get("/search")
@public
@kept_for_all
def search() -> ResponseReturnValue:
    """What the words find."""
    criteria = Criteria.read(request.args)
    heading = _("Search: %(words)s", words=criteria.words) if criteria.words else _("Search")
    return listed(criteria, url_for("shop.search"), heading, query=criteria.words)


@bp.get("/search/suggestions")
@public
def suggestions() -> ResponseReturnValue:
    """What the words begun may become: options for the search field, for scripts to put there."""
    said = suggest(Criteria.read(request.args).words)
    return render_template("buyer/suggestions.html", suggestions=said)


@bp.get("/p/<path>")
@public
def item(path: str) -> ResponseReturnValue:
    """One piece. A sold piece keeps its address; a wrong slug leads to the right one."""
    piece = public_piece(public_number(path))
    if request.path != public_path(piece):
        return redirect(public_path(piece), 301)
    if piece.sold_at is not None and is_gone(piece, at=clock.now()):
        raise GoneForGood()
    _count_view(piece)
    seen.remember(piece.number)
    pictures, offer, is_saved = pieces.pictures_of(piece.number), _offer(piece), _is_saved(piece)
    told = (tuple(piece), pictures, offer, is_saved)
    return kept_while(told, lambda: _written(piece, pictures, offer, is_saved=is_saved))


def _written(piece: Any, pictures: list[pieces.Picture], offer: str, *, is_saved: bool) -> str:
    trail = [(_("Shop"), "/shop"), _category_crumb(piece.category)]
    return render_template(
        "buyer/item.html",
        **item_page(piece, pictures, offer, trail),
        trail=trail,
        is_saved=is_saved,
        may_offer=bargaining.may_propose(piece, current_person()),
        agreed=_agreed(piece),
        add_action=url_for("bag.add", number=piece.number),
        own_href=url_for("wardrobe.wardrobe"),
    )


def _agreed(piece: Any) -> dict[str, Any] | None:
    """What was agreed with this reader for the piece, and until when."""
    person = current_person()
    offer = pricing.agreed_offer(piece.id, person.id, at=clock.now()) if person else None
    return {"price": offer.price, "until": offer.due_at} if offer else None


def _count_view(piece: Any) -> None:
    """Once a browser, never the seller's own or a machine's; written after the answer, if it is time to."""
    person = current_person()
    is_own = person is not None and person.id == piece.seller_id
    if (
        not is_own
        and not views.is_machine(request.user_agent.string)
        and piece.number not in seen.numbers()
        and views.note(piece.id)
    ):
        g.views_due = True


@bp.after_request
def _write_views(answer: Response) -> Response:
    if g.pop("views_due", False) and current_app.config["SETTINGS"].jobs != "none":
        shop = current_app._get_current_object()  # type: ignore[attr-defined]
        answer.call_on_close(lambda: write_views(shop))
    return answer


def write_views(shop: Flask) -> None:
    """Write what this process has counted so far: now and then after an answer, and when the process ends."""
    with shop.app_context():
        views.write()


def _is_saved(piece: Any) -> bool:
    person = current_person()
    return piece.number in saved_here.numbers() if person is None else saving.is_saved(piece.id, person)


def _category_crumb(category: str) -> tuple[str, str]:
    found = versions.current().policy.eligibility.category(category)
    if found is None:
        return (category.capitalize(), "/shop")
    return (found.label, url_for("shop.category", name=found.key))


def _offer(piece: Any) -> str:
    """What this reader may do with the piece now."""
    person = current_person()
    if person is not None and piece.seller_id == person.id:
        return "own"
    if piece.state is ListingState.LIVE:
        if piece.suspended_at is not None:
            return "gone"
        return "in_bag" if piece.number in bags.numbers() else "buy"
    return "held" if piece.state is ListingState.HELD else "sold"
