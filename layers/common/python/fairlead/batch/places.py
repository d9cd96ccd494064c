"""Opens the places that a job names: folders of this machine, and buckets through boto3."""

import re
from collections.abc import Iterator

from fairlead.aws import clients
from fairlead.aws.s3 import S3Objects
from fairlead.batch.files import Files, located

CONNECTIONS = 32
"""More than the threads that plan and count at once."""


def open_place(text: str) -> tuple[Files, str]:
    """Return the files of a location and the key or pattern in them; raises SettingsError."""
    return located(text, bucket=open_bucket)


def open_results(text: str) -> tuple[Files, str]:
    """Return the files of an output and its folder, which is empty or ends with a slash; raises SettingsError."""
    files, folder = open_place(text)
    return files, folder if not folder or folder.endswith("/") else f"{folder}/"


class Bucket(S3Objects):
    """The objects of a bucket, as `Files` has them."""

    def matching(self, pattern: str) -> Iterator[tuple[str, int, str]]:
        """Yield key, size and ETag of the objects that match, in S3's order."""
        matches = re.compile("[^/]*".join(map(re.escape, pattern.split("*")))).fullmatch
        return (one for one in self.sizes(pattern.partition("*")[0]) if matches(one[0]))


def open_bucket(name: str) -> Files:
    """Open a bucket."""
    return Bucket(clients.client("s3", connections=CONNECTIONS), name)
