"""The demo's story: callers ask, their world changes, and what the loop makes of it, on a clock that runs fast.

    traffic    what field teams ask and laboratories report, real penguins: a plan, no calls
    people     the users who call, each with one policy of the stack
    news       what an overview says that was not told yet
    telling    the lines told so far, on the terminal and on the page
    box, page  the monitor's page with the story above it, drawn anew for whoever looks, on loopback
    hands      whether a person has begun to move releases: then the story steps aside
    releasing  the one command that it types itself
    sight      what it sees: the overview of `fairlead monitor`, at the cloud's time
    playing    all of it, round by round
    showing    the story with its page, and what to type when it is over

Nothing is staged: rows go through the gateway, outcomes through POST /feedback, and alarms, decisions and retraining
are the stack's own. The story plays one person, who releases what retraining made.
"""

from fairlead_local.story.playing import BEHIND
from fairlead_local.story.showing import show

__all__ = ["BEHIND", "show"]
