"""CloudFormation: the real SAM transform, one provider per resource type, updates in dependency order, rollback.

A resource type without a provider fails the deployment by name; nothing is skipped.
"""
