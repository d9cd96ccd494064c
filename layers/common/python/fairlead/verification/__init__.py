"""Verification: CodeDeploy's hook tries a release before callers reach it."""
