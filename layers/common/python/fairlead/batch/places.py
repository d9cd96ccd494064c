"""Opens the places that a job names: folders of this machine, and buckets through boto3."""

from fairlead.aws import clients
from fairlead.aws.s3 import S3Objects
from fairlead.batch.files import Files, located


def open_place(text: str) -> tuple[Files, str]:
    """Return the files of a location and the key or pattern in them; raises SettingsError."""
    return located(text, bucket=open_bucket)


def open_results(text: str) -> tuple[Files, str]:
    """Return the files of an output and its folder, which is empty or ends with a slash; raises SettingsError."""
    files, folder = open_place(text)
    return files, folder if not folder or folder.endswith("/") else f"{folder}/"


def open_bucket(name: str) -> Files:
    """Open a bucket."""
    return S3Objects(clients.client("s3"), name)
