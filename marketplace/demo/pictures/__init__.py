"""Photos as members would take them at home, made from the house's library pictures."""
