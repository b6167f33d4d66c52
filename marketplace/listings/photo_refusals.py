"""Why an uploaded photo was not taken: one class, one clear sentence, for each reason (X01)."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.errors import Refusal


class PhotoRefused(Refusal):
    """The file cannot become a photo of a listing; nothing of it is kept."""

    message = _l("This photo cannot be used.")
    status = 422


class PhotoEmpty(PhotoRefused):
    """A file of no bytes, as a broken upload leaves behind."""

    message = _l("This file is empty. Choose the photo again.")


class PhotoTooLarge(PhotoRefused):
    """More bytes than the policy allows."""

    message = _l("This photo is too large. Send a smaller copy.")

    def __init__(self, megabytes: int) -> None:
        super().__init__(
            _("This photo is larger than %(megabytes)s MB. Send a smaller copy.", megabytes=str(megabytes))
        )


class PhotoTooManyPixels(PhotoRefused):
    """Its header claims more pixels than the policy allows; it was not decoded."""

    message = _l("This photo has too many pixels. Send a smaller copy.")

    def __init__(self, megapixels: int) -> None:
        super().__init__(
            _("This photo has more than %(megapixels)s megapixels. Send a smaller copy.", megapixels=str(megapixels))
        )


class PhotoNotAnImage(PhotoRefused):
    """Bytes that are no picture at all, whatever the file is called."""

    message = _l("This file is not a photo. Use a JPEG, PNG, WebP or HEIC file.")


class PhotoUnsupported(PhotoRefused):
    """A picture of a kind that is not taken, such as GIF or SVG."""

    message = _l("Pictures of this kind cannot be used. Use a JPEG, PNG, WebP or HEIC file.")

    def __init__(self, kind: str) -> None:
        super().__init__(_("%(kind)s files cannot be used. Use a JPEG, PNG, WebP or HEIC file.", kind=kind))


class PhotoAnimated(PhotoRefused):
    """More than one frame: a reviewer would see only the first, a buyer perhaps another."""

    message = _l("This picture moves. Use a still photo.")


class PhotoBroken(PhotoRefused):
    """Truncated or damaged."""

    message = _l("This photo is damaged or incomplete. Send the original again.")


class PhotoTooIntricate(PhotoRefused):
    """A JPEG drawn in more passes than any camera or editor writes: a small file that takes hours to decode."""

    message = _l("This photo is stored in an unusual way. Save it again as a plain JPEG and send that copy.")
