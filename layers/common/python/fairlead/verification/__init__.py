"""Verification: CodeDeploy's hook checks a release before callers reach it."""
