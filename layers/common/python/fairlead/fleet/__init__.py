"""Every Fairlead stack of an account and region as one list: a row a stack, and a page."""
