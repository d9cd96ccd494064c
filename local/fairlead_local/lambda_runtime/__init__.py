"""Runs versions as real processes: AWS's runtime client (awslambdaric) against a Runtime API served here.

Not `aws-lambda-rie`: it starts the function's init with the first call only, answers 404 to a SnapStart restore, and
tells the function another account and no alias. The protocol it would speak is small; `api` speaks it instead.
"""
