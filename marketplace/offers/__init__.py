"""Offers: a buyer proposes a price, the seller accepts, counters or lets it lapse; what is agreed holds for one day."""
