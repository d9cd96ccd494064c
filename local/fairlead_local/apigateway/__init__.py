"""API Gateway's REST APIs: routes, IAM authorisation, proxy integration, gateway responses."""
