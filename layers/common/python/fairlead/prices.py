"""List prices of us-east-1 in dollars, read on `AS_OF`, without the free tier. Other regions cost up to half more.

aws.amazon.com: /lambda/pricing, /api-gateway/pricing, /cloudwatch/pricing, /dynamodb/pricing, /s3/pricing,
/step-functions/pricing, /xray/pricing.
"""

AS_OF = "2026-11-28"

INVOCATION = 0.20e-6
GIGABYTE_SECOND = {"x86_64": 16.6667e-6, "arm64": 13.3334e-6}
API_REQUEST = 3.50e-6
"""A request to a REST API, of the first 333 million in a month."""
LOG_BYTE = 0.50e-9
"""A byte of log that is ingested; a gigabyte is 10⁹ bytes here, which gives the higher price."""
WRITE_UNIT, READ_UNIT = 0.625e-6, 0.125e-6
"""DynamoDB on demand: a write of up to 1 KB, a consistent read of up to 4 KB; transactions take two of each."""
TRACE = 5.00e-6
"""A trace that X-Ray records."""
ALARM_METRIC, COMPOSITE_ALARM, DASHBOARD = 0.10, 0.50, 3.00
"""A month of each."""
S3_PUT = 0.005e-3
STATE_TRANSITION = 25.00e-6
"""A step of a standard workflow of Step Functions."""
CLOUDWATCH_CALL, S3_LIST = 0.01e-3, 0.005e-3
"""A call of CloudWatch's API, such as DescribeAlarms; a page of a bucket's keys."""
