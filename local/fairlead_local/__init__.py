"""The local cloud: the same template, the same `sam deploy`, on loopback, with no account and no Docker.

`fairlead_local.cloud.LocalCloud` starts and stops it. Inside its process:

- `server` opens the ports and `assembly` joins the parts;
- `front` sends each signed request to the service its signature names;
- `lambdas` is AWS Lambda's API as strict as AWS, `runtime` runs each version in real processes;
- `stacks` is CloudFormation with the real SAM transform; one provider per resource type;
- `gateway` is API Gateway: routes, signatures, policies, proxy events;
- `metrics` is CloudWatch: data points, metric math, alarms;
- `deploys` is CodeDeploy for Lambda, `events` is EventBridge;
- `clock` is the time all of it goes by, which tests move on;
- everything else (S3, IAM, STS, Logs …) is moto's server.

It is a test double: it proves our wiring, not AWS. docs/local.md lists every known difference.
"""
