"""What we ask of Shippo, in its SDK's own request types. Our order's number and key ride along in ``metadata``."""

from __future__ import annotations

from shippo.models import components

from marketplace.shipping.carrier import LabelRequest
from marketplace.shipping.models import AcceptedRate
from marketplace.shipping.postal import PostalAddress

LONGEST_METADATA = 100


def address_asked_for(address: PostalAddress) -> components.AddressCreateRequest:
    """The address with a wish to have it validated. Empty lines are left out."""
    return components.AddressCreateRequest(
        name=address.name,
        street1=address.line1,
        street2=address.line2 or None,
        city=address.city,
        state=address.state or None,
        zip=address.postcode,
        country=address.country,
        phone=address.phone or None,
        validate=True,
    )


def shipment_asked_for(request: LabelRequest, key: str) -> components.ShipmentCreateRequest:
    """One parcel between its two ends; the order's number is printed on the label where its carrier does that."""
    size = request.size
    parcel = components.ParcelCreateRequest(
        length=str(size.length_mm),
        width=str(size.width_mm),
        height=str(size.height_mm),
        distance_unit=components.DistanceUnitEnum.MM,
        weight=str(size.weight_g),
        mass_unit=components.WeightUnitEnum.G,
        extra=components.ParcelExtra(reference_1=request.reference),
    )
    return components.ShipmentCreateRequest(
        address_from=address_asked_for(request.ship_from),
        address_to=address_asked_for(request.ship_to),
        parcels=[parcel],
        metadata=metadata(request, key),
        async_=False,
    )


def purchase_asked_for(rate: AcceptedRate, request: LabelRequest) -> components.TransactionCreateRequest:
    """The label at an accepted rate, as a PDF of four by six inches."""
    return components.TransactionCreateRequest(
        rate=rate.rate_ref,
        label_file_type=components.LabelFileTypeEnum.PDF_4X6,
        metadata=metadata(request, rate.key),
        async_=False,
    )


def metadata(request: LabelRequest, key: str) -> str:
    """What people at Shippo's dashboard find it by, and what a transaction without a rate is known by."""
    return f"{request.reference} {key}"[:LONGEST_METADATA]
