"""The public HTTP contract: bodies of requests and answers, errors, and a client that signs."""
