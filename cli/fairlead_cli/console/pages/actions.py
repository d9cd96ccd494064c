"""Release and rollback, each after a confirmation that names the version and pins what is live."""

from collections.abc import Callable
from xml.etree.ElementTree import Element

from fairlead.errors import ReleaseError
from fairlead.html.blocks import details, paragraph
from fairlead.html.elements import Children, e
from fairlead.model.release import Release
from fairlead.releases.facade import Releases, opened
from fairlead.releases.release import Released
from fairlead.releases.strategies import WORDS
from fairlead_cli import clock
from fairlead_cli.console.visit import Page, Visit, link
from fairlead_cli.journal_view import see

AGAIN = "look at the stack, then open the form again"

Act = Callable[[Releases], Released]


def release_form(visit: Visit) -> Page:
    """Return the form that releases a version; raises NotFoundError for an unknown one."""
    return _release_form(visit, None)


def release(visit: Visit) -> Page:
    """Release the version that the form confirms; raises ReleaseError."""
    if not _confirmed(visit, visit.version):
        return _release_form(visit, visit.form.get("confirm", ""))
    form = visit.form
    return _done(
        visit,
        lambda stack: stack.release(
            visit.registry,
            visit.model,
            visit.version,
            strategy=form.get("strategy", ""),
            reason=form.get("reason", ""),
            switch_model="switch" in form,
            instead_of=form.get("seen") or "of no form",
        ),
    )


def rollback_form(visit: Visit) -> Page:
    """Return the form that rolls the live release back; raises ReleaseError if no rollback is possible."""
    return _rollback_form(visit, None)


def rollback(visit: Visit) -> Page:
    """Roll back to the release that the form confirms; raises ReleaseError."""
    live, back = _both(visit)
    if not _confirmed(visit, back.version):
        return _rollback_form(visit, visit.form.get("confirm", ""))
    if (visit.form.get("seen"), visit.form.get("to")) != (live.release, back.release):
        raise ReleaseError(f"live and previous moved since the form was opened: to {live} and {back}", hint=AGAIN)
    return _done(
        visit,
        lambda stack: stack.rollback(
            visit.registry,
            visit.model,
            to=f"r{back.release}",
            away_from=live.release,
            reason=visit.form.get("reason", ""),
        ),
    )


def _both(visit: Visit) -> tuple[Release, Release]:
    """Return the live release and the one that a rollback goes to; raises ReleaseError."""
    aliases = see(visit.settings)
    back = aliases.previous
    if aliases.live.model != visit.model or back is None or back.model != visit.model:
        raise ReleaseError(
            f"no rollback of {visit.model} is possible here: live is {aliases.live}, previous is {back or 'deleted'}",
            hint=f"`fairlead rollback {visit.model} --to VERSION` names another target",
        )
    return aliases.live, back


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
    live, back = _both(visit)
    return _form(
        visit,
        f"Roll back {visit.model}",
        f"Live goes from {live} to {back}, at once. A running deployment is stopped first.",
        None,
        {"seen": live.release, "to": back.release},
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


def _done(visit: Visit, act: Act) -> Page:
    steps: list[str] = []
    done = act(opened(visit.stack, progress=steps.append, clock=clock.now))
    said = (
        f"Live is {done.live}, was {done.was}."
        if done.moved
        else f"Deployment {done.deployment}: live goes from {done.was} to {done.release}, {done.strategy}."
        if done.deployment and done.release
        else f"Live is {done.live}, as before."
    )
    return Page(
        "Done",
        [
            e("h1", said),
            [e("p", f"Warning: {one}", class_="wrong") for one in done.doubts],
            paragraph(link("The timeline shows what follows", visit.of_model("timeline")), soft=False),
            details("Steps", e("ol", [e("li", step) for step in steps])) if steps else None,
        ],
    )
