"""The checks of `fairlead doctor`: one function a check, one subject a module."""
