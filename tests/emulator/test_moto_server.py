"""moto as the cloud has it keeps no object of an earlier request."""

import subprocess
import sys

PROGRAM = """
from fairlead_local import moto_server
moto_server.application()
from moto.dynamodb.models.dynamo_type import Item
from moto.s3.models import FakeKey
from tests.emulator.moto_dynamodb import table
import boto3
with table() as client:
    s3 = boto3.client("s3", region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing")
    s3.create_bucket(Bucket="bucket")
    for number in range(20):
        client.put_item(TableName="t", Item={"pk": {"S": "one"}, "number": {"N": str(number)}})
        s3.put_object(Bucket="bucket", Key="one", Body=b"content")
    print(len(Item.instances_tracked), len(FakeKey.instances_tracked))
"""


def test_objects_that_were_replaced_are_not_kept() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["0", "0"], done.stderr
