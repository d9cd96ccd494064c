"""Release and rollback, each after a confirmation that names the version and the live release that it replaces."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from fairlead.errors import ReleaseError
from fairlead.html.blocks import details, paragraph
from fairlead.html.elements import Children, e
from fairlead.model.release import Release
from fairlead.releases.context import read_aliases
from fairlead.releases.facade import opened, release_context
from fairlead.releases.strategies import WORDS
from fairlead_cli import clock
from fairlead_cli.console.visit import Page, Visit, link
from fairlead_cli.journal_view import see

AGAIN = "look at the stack, then open the form again"


def release_form(visit: Visit) -> Page:
    """Return the form that releases a version; raises NotFoundError for an unknown one."""
    return _release_form(visit, None)


def release(visit: Visit) -> Page:
    """Release the version that the form confirms; raises ReleaseError."""
    if not _confirmed(visit, visit.version):
        return _release_form(visit, visit.form.get("confirm", ""))
    form = visit.form
    steps: list[str] = []
    done = opened(visit.stack, progress=steps.append, clock=clock.now).release(
        visit.registry,
        visit.model,
        visit.version,
        strategy=form.get("strategy", ""),
        reason=form.get("reason", ""),
        switch_model="switch" in form,
        instead_of=form.get("seen") or "of no form",
    )
    if done.deployment:
        said = f"Deployment {done.deployment}: live goes from {done.was} to {done.release}, {done.strategy}."
    else:
        said = f"Live is {done.live}, was {done.was}." if done.moved else f"{done.live} is live already."
    return _done(visit, said, steps, done.doubts)


def rollback_form(visit: Visit) -> Page:
    """Return the form that rolls live back; raises ReleaseError if there is no way back."""
    return _rollback_form(visit, None)


def rollback(visit: Visit) -> Page:
    """Roll back from and to the releases that the form confirms; raises ReleaseError."""
    leaving, back = _way_back(visit)
    if not _confirmed(visit, back.version):
        return _rollback_form(visit, visit.form.get("confirm", ""))
    if (visit.form.get("seen"), visit.form.get("to")) != (leaving.release, back.release):
        raise ReleaseError(f"live moved since the form was opened: it would go from {leaving} to {back}", hint=AGAIN)
    steps: list[str] = []
    done = opened(visit.stack, progress=steps.append, clock=clock.now).rollback(
        visit.registry,
        visit.model,
        to=f"r{back.release}",
        away_from=leaving.release,
        reason=visit.form.get("reason", ""),
    )
    ended = f"Live is {done.live}, as before; deployment {done.deployment} to {done.was} has ended."
    return _done(visit, f"Live is {done.live}, was {done.was}." if done.moved else ended, steps, done.doubts)


def _way_back(visit: Visit) -> tuple[Release, Release]:
    """Return the release that a rollback leaves, and the one that it goes to; raises ReleaseError.

    During a deployment it leaves the release that live is shifting to.
    """
    context = release_context(visit.stack)
    aliases = read_aliases(context)
    leaving = context.function.release(aliases.arriving) if aliases.arriving else aliases.now
    back = aliases.back
    if leaving.model != visit.model or back is None or back.model != visit.model or back.same(leaving):
        raise ReleaseError(
            f"no rollback of {visit.model} is possible here: live is {leaving}, previous is {back or 'deleted'}",
            hint=f"`fairlead rollback {visit.model} --to VERSION` names another target",
        )
    return leaving, back


def _release_form(visit: Visit, wrong: str | None) -> Page:
    visit.registry.manifest(visit.model, visit.version)
    live = see(visit.settings).live
    switch = live.model not in {None, visit.model}
    return _form(
        visit,
        f"Release {visit.model} version {visit.version}",
        f"Live is {live}. The version is frozen in a new release and tried before callers reach it; then traffic "
        "shifts by the strategy. An alarm rolls it back.",
        [
            _labelled("Strategy", "strategy", _strategies(), "The stack's own, unless you choose another."),
            e(
                "p",
                e("input", type="checkbox", name="switch", id="switch"),
                e("label", f"Replace the live model {live.model} at once: its callers must expect that", for_="switch"),
                class_="check",
            )
            if switch
            else None,
        ],
        {"seen": live.release},
        visit.version,
        wrong,
        visit.of_version(visit.version, "release"),
    )


def _rollback_form(visit: Visit, wrong: str | None) -> Page:
    leaving, back = _way_back(visit)
    return _form(
        visit,
        f"Roll back {visit.model}",
        f"Live goes from {leaving} to {back}, at once. A running deployment is stopped first.",
        None,
        {"seen": leaving.release, "to": back.release},
        back.version,
        wrong,
        visit.of_model("rollback"),
    )


def _form(
    visit: Visit,
    title: str,
    said: str,
    more: Children,
    pinned: dict[str, str],
    version: int,
    wrong: str | None,
    action: str,
) -> Page:
    asked = f"{visit.model} {version}"
    confirm = e(
        "input", type="text", name="confirm", id="confirm", autocomplete="off", required=True,
        aria_describedby="wrong" if wrong is not None else None, aria_invalid="true" if wrong is not None else None,
    )  # fmt: skip
    reason = e("input", type="text", name="reason", id="reason", autocomplete="off", value=visit.form.get("reason", ""))
    return Page(
        title,
        [
            e("header", e("p", f"Stack {visit.stack.name}", class_="kicker"), e("h1", title), e("p", said)),
            e(
                "form",
                [e("input", type="hidden", name=name, value=value) for name, value in pinned.items()],
                e(
                    "div",
                    more,
                    _labelled("Reason", "reason", reason, "Stored in the journal."),
                    _labelled(
                        f"Type {asked} to confirm",
                        "confirm",
                        confirm,
                        "",
                    ),
                    e("p", f"{wrong!r} is not {asked}: nothing was done.", class_="wrong", id="wrong")
                    if wrong is not None
                    else None,
                    class_="asked",
                ),
                e(
                    "div",
                    e("button", title, type="submit", class_="danger"),
                    link("Cancel", visit.of_model()),
                    class_="buttons",
                ),
                method="post",
                action=action,
            ),
        ],
    )


def _labelled(label: str, name: str, control: Element, about: str) -> Element:
    return e("div", e("label", label, e("span", about) if about else None, for_=name), control)


def _strategies() -> Element:
    options = [e("option", "the stack's own", value=""), *(e("option", one, value=one) for one in WORDS)]
    return e("select", options, name="strategy", id="strategy")


def _confirmed(visit: Visit, version: int) -> bool:
    return visit.form.get("confirm", "").split() == [visit.model, str(version)]


def _done(visit: Visit, said: str, steps: Sequence[str], doubts: Sequence[str]) -> Page:
    return Page(
        "Done",
        [
            e("h1", said),
            [e("p", f"Warning: {one}", class_="wrong") for one in doubts],
            paragraph(link("The timeline shows the further steps", visit.of_model("timeline")), soft=False),
            details("Steps", e("ol", [e("li", step) for step in steps])) if steps else None,
        ],
    )
