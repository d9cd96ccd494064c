"""The public HTTP contract: bodies of requests and answers, and errors."""
