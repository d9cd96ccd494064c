"""Lambda's execution environments: AWS's runtime client (awslambdaric) in processes, with a Runtime API served here.

`aws-lambda-rie` is not used: it runs a function's init only with the first call, answers 404 to a SnapStart restore,
and passes another account and no alias. `runtime_api` serves the same protocol.
"""
