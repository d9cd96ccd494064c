"""AWS CodeDeploy for Lambda: applications, groups, configurations, and deployments on the cloud's clock."""
