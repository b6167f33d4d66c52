"""Who runs the programme and how to reach them; its words and its look."""

from __future__ import annotations

from tests.programme.rows import Behaviour, Row, Scene, Shows, words

CONTACT = "/help/contact"
CARD = "/help/gift-cards"
EVERY_DAY_BUT_FRIDAY = ["monday", "tuesday", "wednesday", "thursday"]


def token(line: str) -> Behaviour:
    """The page's own style sheet carries this token."""

    def carries(scene: Scene) -> None:
        page = scene.text("/help")
        (address,) = [part.split('"')[0] for part in page.split('href="') if part.startswith("/theme/")]
        assert line in scene.client.get(address).get_data(as_text=True)

    return carries


def look(key: str, to: str, line: str) -> Row:
    return Row(key, to, token(line), untold="seen, not said")


ROWS = [
    Row(
        "identity.key",
        "velorne-outlet",
        Shows("/help", 'data-programme="velorne-outlet"'),
        untold="names the programme to style sheets and scripts",
    ),
    words("identity.title", "Velorne Again", "/terms", "/help", says="Velorne Again"),
    words("identity.house", "Orsenne", CONTACT, "/help/what-you-can-sell", says="Orsenne"),
    words("identity.descriptor", "Second life", "/help"),
    words("identity.operator", "Velorne Circular Inc.", "/terms"),
    words("identity.main_shop_name", "shop.velorne.example", "/help/who-can-buy", "/help/missing-purchase", "/terms"),
    words("identity.main_shop_url", "https://shop.velorne.example/", "/help/who-can-buy"),
    words("identity.loyalty.name", "Velorne Friends", "/help/who-can-sell", "/how-it-works", "/terms"),
    words("identity.loyalty.join_url", "https://friends.velorne.example/join", "/help/who-can-sell", "/how-it-works"),
    words("identity.loyalty.join_text", "Friends of the house join at any counter.", "/help/who-can-sell"),
    words("identity.support.email", "hello@velorne.example", CONTACT, CARD, "/help/review", "/terms"),
    words("identity.support.phone", "+1 212 555 0199", CONTACT, CARD, "/terms"),
    words("identity.support.chat_url", "https://chat.velorne.example/", CONTACT, CARD, "/terms"),
    words(
        "identity.support.hours.weekdays",
        ["monday", "wednesday"],
        CONTACT,
        says="Monday and Wednesday, 9:00 AM to 8:00 PM",
    ),
    words("identity.support.hours.opens", "10:30:00", CONTACT, says="10:30 AM to 8:00 PM"),
    words("identity.support.hours.closes", "21:15:00", CONTACT, says="9:00 AM to 9:15 PM"),
    words("identity.support.answer_hours", 36, CONTACT, says="We answer every e-mail within 36 hours."),
    words("identity.resale_support.email", "desk@velorne.example", CONTACT),
    words(
        "identity.resale_support.hours.weekdays",
        EVERY_DAY_BUT_FRIDAY,
        CONTACT,
        says="Monday to Thursday, 8:00 AM to 7:00 PM",
    ),
    words("identity.resale_support.hours.opens", "07:00:00", CONTACT, says="7:00 AM to 7:00 PM"),
    words("identity.resale_support.hours.closes", "18:00:00", CONTACT, says="8:00 AM to 6:00 PM"),
    words("identity.parties.resale_provider", "Second Round Services", CONTACT, "/terms"),
    words("identity.parties.gift_card_issuer", "Brightcard", CONTACT, "/help/getting-paid", "/terms"),
    words("texts.tagline", "Bags go on", "/help", "/"),
    words("texts.purpose", "So that nothing good is thrown away.", "/help", "/how-it-works", "/"),
    words("texts.selling", "Make room for the next one.", "/how-it-works", "/"),
    words("texts.final_sale", "Sold is sold.", "/help/final-sale", "/how-it-works", "/terms"),
    words("texts.supply", "Straight from our own shelves.", "/help/who-can-buy", "/how-it-works", "/terms"),
    look("theme.light.accent", "#1d4b73", "--accent: light-dark(#1d4b73, #f4f1ec);"),
    look("theme.light.on_accent", "#fbfaf8", "--on-accent: light-dark(#fbfaf8, #141311);"),
    look("theme.dark.accent", "#9cc7ee", "--accent: light-dark(#1c1a18, #9cc7ee);"),
    look("theme.dark.on_accent", "#000000", "--on-accent: light-dark(#ffffff, #000000);"),
    look("theme.radius", "0.25rem", "--radius: 0.25rem;"),
    look("theme.display_face", "Cormorant", '--display: "Reprise Garalde", "Reprise Garalde Local", serif;'),
    look("theme.label_transform", "uppercase", "--label-transform: uppercase;"),
    Row(
        "theme.logo",
        {"width": 144, "height": 32, "path": "M0 0h144v32H0z"},
        Shows("/help", '<path d="M0 0h144v32H0z"/>'),
        untold="seen, not said",
    ),
]
