"""The feedback loop with its page, which stay until the cloud ends, and the text before and after it."""

import contextlib
import sys
from datetime import timedelta
from http.client import HTTPException

from fairlead.monitoring.dashboard import render
from fairlead_local.cloud import LocalCloud
from fairlead_local.demo.banner import banner
from fairlead_local.demo.callers import Callers
from fairlead_local.demo.log import Log
from fairlead_local.demo.observer import Observer
from fairlead_local.demo.page import Page
from fairlead_local.demo.script import BEHIND, PACE, Script
from fairlead_local.demo.traffic import STEP

RUNS = f"up to {PACE} times as fast as real time"
OPENING = """
The feedback loop is live: {url} shows the model and refreshes itself.
The cloud's clock started {hours:g} hours ago and runs {runs} until it has caught up; times are UTC.
Everything is real: release a version yourself at any time, and the demo stops.
"""
CLOSING = """
The cloud's clock shows real time. The cloud and the page stay up; in another shell in this folder:

  source .fairlead/local.env

  fairlead monitor {model}
  fairlead history {model}
  fairlead who-was-live {model} --at {at:%Y-%m-%dT%H:%MZ}
  fairlead versions {model}
  fairlead retrain {model}
  curl --aws-sigv4 "aws:amz:us-east-1:execute-api" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\
    "$FAIRLEAD_API_URL/model"

Ctrl-C ends it.
"""


def show(cloud: LocalCloud, *, stack: str, model: str, port: int) -> None:
    """Run the demo of a live model and keep its page; raises LocalCloudError when the cloud ends by itself."""
    cloud.advance(2 * STEP)  # until a new stack's monitor first runs, its alarm is in ALARM
    outputs = _outputs(cloud, stack)
    observer, log = Observer(cloud, stack=stack, model=model, outputs=outputs), Log()
    script = Script(cloud, observer, Callers(cloud, outputs), log, model=model)
    paces = [RUNS]
    with Page(lambda: render(observer.recent(), above=banner(log.lines, observer.now(), paces[-1])), port) as page:
        _say(OPENING.format(url=page.url, hours=BEHIND / 3600, runs=RUNS))
        with contextlib.suppress(OSError, HTTPException):  # `wait` raises for a cloud that has ended
            script.play()
            script.catch_up()
            paces.append("real time")
            _say(CLOSING.format(model=model, at=observer.now() - timedelta(hours=3)))
        cloud.wait()


def _outputs(cloud: LocalCloud, stack: str) -> dict[str, str]:
    found = cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    return {output["OutputKey"]: output["OutputValue"] for output in found}


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
