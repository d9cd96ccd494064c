"""The demo on the local cloud: a first model, then the feedback loop live, on a clock that runs fast.

    first_model   deploys, publishes, releases and predicts, by the commands that a user would type
    run           the feedback loop with its page, and the text before and after it
    script        the feedback loop, round by round
    traffic       the rows of each round and their true species: a plan without calls
    callers       the users who call the API, each with one policy of the stack
    observer      the overview of `fairlead monitor` at the cloud's time
    changes       the new facts of an overview, as lines of text
    log           the lines so far, on the terminal and on the page
    banner, page  the monitor's page with these lines above it, on loopback
    takeover      detects that an operator moves releases; then the demo stops
    release       the one command that the demo types itself

Rows go through the API, outcomes through POST /feedback. Alarms, decisions and retraining are the stack's own.
"""

from fairlead_local.demo.run import show
from fairlead_local.demo.script import BEHIND

__all__ = ["BEHIND", "show"]
