"""The model that this process serves, and its pinned versions; a failed load is retried with back-off."""

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from fairlead.errors import (
    FairleadError,
    ModelUnavailableError,
    NoSuchModelError,
)
from fairlead.registry.store import Patient
from fairlead.serving.model import Model, Prediction, load
from fairlead.serving.process_age import process_age
from fairlead.settings import Serving
from fairlead.telemetry.capture import Capture, CapturedRequest, sampled

if TYPE_CHECKING:
    from fairlead.model.explanation import Reasons
    from fairlead.serving.pinned import Pins

SLOWEST_RETRY = 30.0  # seconds


class Endpoint:
    """The model that this process serves. `start` loads it; after a failure, requests retry the load with back-off.

    `objects` reads the live version; `pinned` reads older versions and explanations while a request waits.
    """

    def __init__(
        self,
        settings: Serving,
        objects: Patient,
        *,
        pinned: Patient,
        on_failure: Callable[[FairleadError], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._objects = objects
        self._pinned = pinned
        self._pins: Pins | None = None
        self._on_failure = on_failure
        self._clock = clock
        self._model: Model | None = None
        self._failure: FairleadError | None = None
        self._failures = 0
        self._next_try = 0.0
        self._start_ms: float | None = None

    def start(self) -> None:
        """Load the model at init. A failure is kept and retried on request; under SnapStart it is raised.

        A snapshot would keep the failure for ever, so the version must fail to publish:
        https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html.
        """
        if self.settings.model is None:
            return
        self._try()
        if self.settings.initialization == "snap-start":
            if self._failure:
                raise self._failure
        elif self._model:  # under SnapStart callers wait for the restore instead
            self._start_ms = process_age()

    def model(self) -> Model:
        """Return the loaded model; raises ModelUnavailableError with seconds to wait."""
        if self._model:
            return self._model
        if self.settings.model is None:
            hint = "run `fairlead release MODEL VERSION`"
            raise ModelUnavailableError("no model has been released yet", retry_after=30, hint=hint)
        wait = self._next_try - self._clock()
        if wait <= 0:
            self._try()
            wait = self._next_try - self._clock()
        if self._model:
            return self._model
        name = f"{self.settings.model} version {self.settings.version}"
        reason = self._failure.code if self._failure else "unknown"
        raise ModelUnavailableError(f"{name} cannot be loaded ({reason})", retry_after=max(1, round(wait)))

    def health(self, release: str) -> dict[str, Any]:
        """Return the ready release's identity, `start_ms` if init loaded the model; raises ModelUnavailableError."""
        ready = {"status": "ok", **self.model().identity(release)}
        return ready if self._start_ms is None else {**ready, "start_ms": round(self._start_ms, 1)}

    def version(self, pin: str | None) -> Model:
        """Return the loaded model, or the version that a caller pins; raises as `model` and `Pins.model` do."""
        return self.model() if pin is None else self.pins().model(pin)

    def named(self, name: str, pin: str | None) -> Model:
        """Return the version as `version` does; raises NoSuchModelError where another model is live."""
        live = self.model().facts.model
        if name != live:
            raise NoSuchModelError(f"there is no model {name[:100]!r} here", hint=f"the live model is {live}")
        return self.version(pin)

    def captures(self, request: str) -> bool:
        """Return whether a request, by Lambda's id of it, is in the sample that is captured."""
        return sampled(request, self.settings.capture_rate)

    def reasons(self, model: Model, prediction: Prediction) -> "Reasons":
        """Return the reasons of predictions; raises NotExplainableError, TooLargeError, ExplanationUnavailableError."""
        from fairlead.serving.explanations import Explanations

        if model.explanations is None:
            model.explanations = Explanations(model, self._pinned, seconds=self.settings.explain_seconds)
        return model.explanations.reasons(prediction)

    def captured(self, model: Model, prediction: Prediction, request: CapturedRequest) -> Iterator[str]:
        """Return the capture lines of an answered request."""
        capture = Capture(model.facts.signature, drop=self.settings.capture_drop)
        return capture.lines(request, prediction.answered)

    def pins(self) -> "Pins":
        """Return the loaded model's pinned versions; raises ModelUnavailableError while there is no model."""
        live = self.model()
        if self._pins is None:
            from fairlead.serving.pinned import Pins

            self._pins = Pins(
                live,
                self._pinned,
                pinnable=self.settings.pinnable,
                memory=self.settings.memory,
                on_failure=self._on_failure,
                clock=self._clock,
            )
        return self._pins

    def _try(self) -> None:
        self._objects.begin()
        try:
            self._model = load(self.settings, self._objects)
            self._failure = None
        except FairleadError as error:
            self._failure = error
        except Exception as error:  # noqa: BLE001 - a library may raise any error; the endpoint answers 503 and retries
            self._failure = ModelUnavailableError(f"loading failed: {type(error).__name__}: {error}")
        if self._failure:
            self._on_failure(self._failure)
            self._failures += 1
            self._next_try = self._clock() + min(SLOWEST_RETRY, 0.5 * 2**self._failures)
