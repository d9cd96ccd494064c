"""The checks of `fairlead doctor`: one function for each check, one module for each subject."""
