"""One module per service; `catalogue` lists every resource type the local cloud can create."""
