"""Search spaces from the options' own ranges, and the search of recipes through them."""
