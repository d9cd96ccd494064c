"""The feedback loop of the demo, round by round: requests, outcomes, a step of the clock, and what is new."""

import time
from collections.abc import Iterator

from fairlead.errors import FairleadError
from fairlead.html import formatting
from fairlead.model.manifest import Manifest
from fairlead_local.cloud import LocalCloud
from fairlead_local.demo import traffic
from fairlead_local.demo.callers import Callers
from fairlead_local.demo.changes import Changes
from fairlead_local.demo.log import Log
from fairlead_local.demo.observer import Observer
from fairlead_local.demo.release import ReleaseCommand
from fairlead_local.demo.takeover import Takeover
from fairlead_local.demo.traffic import CHANGE, STEP, Traffic

BEHIND = 8 * 3600.0
"""Seconds in the past at which the cloud's clock starts; the demo ends when the clock has caught up with real time."""
PACE = 150
"""Upper limit of the clock's speed, in multiples of real time."""

OPENING = "field teams ask for the species of the penguins they measure; laboratories report it two hours later"
CHANGED = "the teams get a new app, which sends lengths in centimetres in fields for millimetres"
REASON = "retrained on rows of the new app"


class Script:
    """Runs the demo on a cloud whose stack serves a version of `model`, and logs what happens."""

    def __init__(self, cloud: LocalCloud, observer: Observer, callers: Callers, log: Log, *, model: str) -> None:
        self._cloud = cloud
        self._observer = observer
        self._callers = callers
        self._log = log
        self._model = model
        self._traffic = Traffic(traffic.penguins())
        self._takeover = Takeover(observer.journal())
        self._changes = Changes(observer.overview())
        self._version = observer.registry.latest(model)
        self._release_command: ReleaseCommand | None = None

    def play(self) -> None:
        """Run rounds until the clock has caught up, an operator takes over, or a call fails."""
        try:
            for number in self._steps():
                if self._interrupted():
                    return
                self._round(number)
        except FairleadError as error:
            self._say(f"the demo stops here: {error}")
        finally:
            if self._release_command:
                self._release_command.stop()

    def catch_up(self) -> None:
        """Advance the clock to real time, as fast as its timers allow."""
        if time.time() - self._cloud.now() > STEP:
            self._say("the clock runs on until it has caught up with real time")
        while (left := time.time() - self._cloud.now()) > 1:
            self._cloud.advance(min(left, STEP))

    def _steps(self) -> Iterator[int]:
        number = 0
        while time.time() - self._cloud.now() > STEP:
            began = time.monotonic()
            yield number
            self._cloud.advance(STEP)
            self._check()
            time.sleep(max(0.0, STEP / PACE - (time.monotonic() - began)))
            number += 1

    def _round(self, number: int) -> None:
        if number in (0, CHANGE):
            self._say(CHANGED if number else OPENING)
        self._callers.report(number)
        self._callers.ask(number, self._traffic.round(number))

    def _check(self) -> None:
        for line in self._changes.of(self._observer.overview()):
            self._say(line)
        if self._release_command is None and (made := self._observer.retrained(self._version)):
            self._release(made)
        elif self._release_command and self._release_command.over():
            self._released(self._release_command)

    def _release(self, made: Manifest) -> None:
        figure = made.metrics.get("accuracy")
        said = f": accuracy {formatting.figure(figure.value)} on the newest outcomes" if figure else ""
        line = f'fairlead release {self._model} {made.version} --reason "{REASON}" --wait'
        self._say(f"retraining published version {made.version}, which passed the gate{said}")
        self._say(f"an operator reads its report and releases it; the demo types: {line}")
        self._version = made.version
        self._release_command = ReleaseCommand(self._cloud, line)

    def _released(self, releasing: ReleaseCommand) -> None:
        if problem := releasing.problem():
            self._say(f"the release failed: {problem}")
        self._takeover.mine()
        self._release_command = None

    def _interrupted(self) -> bool:
        """Return whether an operator moves releases, unless the demo's own release runs."""
        record = None if self._release_command else self._takeover.others()
        if record:
            release = record.now or record.was
            self._say(
                f"an operator moves releases ({record.kind}{f' {release}' if release else ''}): the demo stops here"
            )
        return record is not None

    def _say(self, text: str) -> None:
        self._log.add(self._observer.now(), text)
