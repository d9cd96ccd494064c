"""The trial of a release before callers reach it: what it is, what it answers, how fast, and whose rows it takes.

Each check is a finding with its figure. Nothing here changes anything: the release is called as API Gateway would call
it, and the registry is read. `fairlead.verification.hook` tells the story around it.
"""
