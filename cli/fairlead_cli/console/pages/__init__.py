"""The console's pages, one module each: a visit → title and content."""
