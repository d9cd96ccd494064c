"""The console's pages, one module each: what a visit names → title and content."""
