"""Every Fairlead stack of an account and region as one list: a row for each stack, and a page."""
