"""Who may do what: signatures, identities, policies, and the guard that holds every API request to them."""
