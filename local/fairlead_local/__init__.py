"""The local cloud: the same template and the same `sam deploy`, on loopback, without an AWS account and without Docker.

`fairlead_local.cloud.LocalCloud` starts and stops it as a child process. Inside that process:

- `server` opens the two ports; `wiring` creates the services and connects them; `control` moves the clock for tests;
- `kept_state` writes the services' records into a file, with which the next cloud continues;
- `router` sends each signed request to the service that its signature names;
- `service` serves an AWS API from botocore's description of it; `protocols` holds the wire formats;
- `iam` checks signatures and policies of every request;
- `lambda_` is AWS Lambda's API; `lambda_runtime` runs each version in processes of its own;
- `apigateway` serves the deployed REST APIs: routes, IAM authorisation, proxy events;
- `cloudformation` deploys stacks: the SAM transform, and one provider for each resource type;
- `cloudwatch` stores metrics and evaluates alarms; `logs` delivers subscription filters;
- `codedeploy` shifts an alias's traffic; `eventbridge` delivers events and schedules; `dynamodb` guards moto's tables;
- `clock` is the time that all of them read;
- S3, STS, SNS and everything else are moto's server (`moto_server`).

`demo` is no part of the emulator: it shows Fairlead on it. Most services have a module `service` with their handlers;
`wiring` assembles Lambda's from the classes of `lambda_`.
The local cloud is a test double: it tests Fairlead's wiring, not AWS.
docs/explanation/local-cloud.md lists the known differences.
"""
