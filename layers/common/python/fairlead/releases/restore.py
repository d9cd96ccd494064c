"""After a failed deployment live must name the release that it named before, the AppSpec's CurrentVersion.

CodeDeploy's automatic rollback may deploy the last revision that succeeded instead. `fairlead rollback` uses no
deployment, so after one that revision is the release that was left because it was bad. So live is compared, and the
move function puts it back.
"""

from collections.abc import Callable

from fairlead.aws.alias_mover import AliasMover
from fairlead.aws.codedeploy import Deployment, Deployments
from fairlead.aws.lambda_function import Alias, PredictFunction
from fairlead.journal.journal import Journal
from fairlead.journal.records import CODEDEPLOY, Draft, Record
from fairlead.journal.tail import Tail
from fairlead.model.release import Release


class Restorer:
    """Puts live back where a failed deployment found it. `by` returns the ARN of this process's role."""

    def __init__(
        self,
        function: PredictFunction,
        deployments: Deployments,
        journal: Journal,
        mover: AliasMover,
        *,
        by: Callable[[], str],
    ) -> None:
        self._function = function
        self._deployments = deployments
        self._journal = journal
        self._mover = mover
        self._by = by

    def restore(self, ended: Deployment, before: Release, failed: str) -> list[Record]:
        """Move live back to `before` after a deployment to the release `failed`; returns the records of it.

        `ended` is the last deployment: the rollback, or the failed one if nothing rolled it back. Returns no record if
        live is right, or if another operation moved it, or is about to. Raises ReleaseError or CallError if the move
        function refused or failed.
        """
        live = self._function.alias("live")
        others = self._deployments.since(ended.created) - {ended.id}
        if others:  # a newer deployment answers for live
            return []
        found = self._journal.append_if(lambda tail: self._astray(tail, live, ended, before, failed))
        if found is None:
            return []
        self._mover.move(live, before.release)
        moved = Draft(
            kind="moved",
            alias="live",
            by=self._by(),
            why=f"puts live back where it was before deployment {ended.undoes or ended.id} failed",
            was=found.now,
            now=before,
            deployment=ended.id,
            key=f"{ended.id}:restored",
        )
        return [found, self._journal.append(moved)]

    def _astray(self, tail: Tail, live: Alias, ended: Deployment, before: Release, failed: str) -> Draft | None:
        """Return the record that live is elsewhere; None if it is right, or if another operation answers for it."""
        standing, key = tail.standing(), f"{ended.id}:astray"
        said = standing.live
        again = said is not None and said.key == key  # an earlier attempt ended after this record
        its_own = said is not None and said.by == CODEDEPLOY and said.deployment in {ended.id, ended.undoes}
        intents = [one.now for one in standing.intents if one.now and one.now.life == before.life]
        intended = any(one.release != failed for one in intents)
        right = live.version == before.release and not live.weights
        if not again and (right or intended or not its_own):
            return None
        return Draft(
            kind="found",
            alias="live",
            by=self._by(),
            why=f"deployment {ended.undoes or ended.id} failed and left live here, not at release {before.release}",
            was=before,
            now=self._function.release(live.version),
            weights=live.weights,
            deployment=ended.id,
            key=key,
        )
