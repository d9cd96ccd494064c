"""AWS CodeDeploy for Lambda: applications, groups, plans, and deployments that run on the cloud's clock."""
