"""The trial of a release before callers reach it: identity, contents, golden rows, latency, cold start, compatibility.

Each check returns a finding with its figure. A trial only reads: it invokes the release as API Gateway does, and reads
the registry. `fairlead.verification.hook` runs it and answers CodeDeploy.
"""
