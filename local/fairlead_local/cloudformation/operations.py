"""Creations, updates and deletions of stacks in the background, one at a time per stack, with rollback."""

import logging
import threading
from collections.abc import Callable

from fairlead_local.cloudformation.engine import Engine
from fairlead_local.cloudformation.records import DesiredStack, Stack, now
from fairlead_local.errors import ServiceError

logger = logging.getLogger(__name__)


class Operations:
    """Starts a thread for each operation; the engine has the rights that the operation acts with."""

    def __init__(self, forget: Callable[[Stack], None]) -> None:
        self._forget = forget

    def create(self, engine: Engine, stack: Stack, wanted: DesiredStack, *, rollback: bool = True) -> threading.Thread:
        """Create a stack: CREATE_IN_PROGRESS, then CREATE_COMPLETE or ROLLBACK_COMPLETE."""
        stack.move("CREATE_IN_PROGRESS", "User Initiated")
        return self._start(stack, lambda: self._create(engine, stack, wanted, rollback=rollback))

    def update(self, engine: Engine, stack: Stack, wanted: DesiredStack, *, rollback: bool = True) -> threading.Thread:
        """Update a stack: UPDATE_IN_PROGRESS, then UPDATE_COMPLETE or UPDATE_ROLLBACK_COMPLETE."""
        stack.move("UPDATE_IN_PROGRESS", "User Initiated")
        stack.updated = now()
        return self._start(stack, lambda: self._update(engine, stack, wanted, rollback=rollback))

    def delete(self, engine: Engine, stack: Stack) -> threading.Thread:
        """Delete a stack: DELETE_IN_PROGRESS, then DELETE_COMPLETE or DELETE_FAILED."""
        stack.move("DELETE_IN_PROGRESS", "User Initiated")
        return self._start(stack, lambda: self._delete(engine, stack))

    def _create(self, engine: Engine, stack: Stack, wanted: DesiredStack, *, rollback: bool) -> None:
        stack.current = wanted
        try:
            engine.apply(stack, wanted)
        except ServiceError as error:
            if not rollback:
                stack.move("CREATE_FAILED", error.message)
                return
            stack.move("ROLLBACK_IN_PROGRESS", f"The following resource(s) failed to create: {error.message}")
            engine.delete(stack, rollback=True)
            stack.move("ROLLBACK_COMPLETE")
            return
        stack.move("CREATE_COMPLETE")

    def _update(self, engine: Engine, stack: Stack, wanted: DesiredStack, *, rollback: bool) -> None:
        before = stack.current
        try:
            engine.apply(stack, wanted)
        except ServiceError as error:
            if not rollback or before is None:
                stack.move("UPDATE_FAILED", error.message)
                return
            reason = f"The following resource(s) failed to update: {error.message}"
            stack.move("UPDATE_ROLLBACK_IN_PROGRESS", reason)
            engine.apply(stack, before, rollback=True)
            stack.move("UPDATE_ROLLBACK_COMPLETE", reason)
            return
        stack.current = wanted
        stack.move("UPDATE_COMPLETE")

    def _delete(self, engine: Engine, stack: Stack) -> None:
        try:
            engine.delete(stack)
        except ServiceError as error:
            stack.move("DELETE_FAILED", f"The following resource(s) failed to delete: {error.message}")
            return
        stack.move("DELETE_COMPLETE")
        self._forget(stack)

    def _start(self, stack: Stack, work: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except Exception as error:
                logger.exception("the operation on stack %s broke off", stack.name)
                stack.move(stack.status.replace("_IN_PROGRESS", "_FAILED"), f"{type(error).__name__}: {error}")

        thread = threading.Thread(target=run, name=f"stack {stack.name}", daemon=True)
        thread.start()
        return thread
