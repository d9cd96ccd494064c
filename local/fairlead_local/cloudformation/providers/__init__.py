"""The providers of resource types, by service; `catalogue` lists them all."""
