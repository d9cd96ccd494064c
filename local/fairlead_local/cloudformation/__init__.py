"""AWS CloudFormation: the SAM transform, one provider per resource type, ordered updates, and rollback.

A resource type without a provider fails the deployment by name.
"""
