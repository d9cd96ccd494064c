"""Amazon API Gateway's REST APIs: routes, IAM authorisation, proxy integration, and gateway responses."""
