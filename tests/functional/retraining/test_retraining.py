"""Retraining on real penguins and a ledger: plausible outcomes are learnt, and the candidate is compared with live."""

from datetime import timedelta

import msgspec
import pytest

from fairlead.engines import load
from fairlead.errors import IntegrityError, StorageError
from fairlead.gate.policy import ChampionRules, Policy
from fairlead.gate.refusal import GateError
from fairlead.journal.journal import RETRAIN, Journal
from fairlead.journal.records import Record
from fairlead.model.manifest import encode
from fairlead.publishing.evidence import digests_of
from fairlead.publishing.input import training_rows
from fairlead.publishing.parity.messages import EngineReply, GraphQuestion, pack, unpack
from fairlead.publishing.parity.remote_handler import GraphHandler
from fairlead.publishing.parity.remote_runtime import RemoteRuntime
from fairlead.publishing.signature.infer import to_rows
from fairlead.registry.store import Registry, manifest_key
from fairlead.retraining.retrain import Retrained, Retraining
from fairlead.retraining.types import Limits, RetrainingError
from testkit.gate_cases import Table
from testkit.memory import Memory
from tests.functional.retraining.orders import DAY, changed, order, refusal, refusing, retrained
from tests.production import (
    ASKED,
    HOUR,
    NOW,
    Production,
    accuracy,
    later,
    penguins,
)


def test_a_candidate_retrained_after_drift_is_better_on_recent_rows(registry: Registry, production: Production) -> None:
    drifted = later(400)
    first = production.run(drifted.take(range(20)), until=ASKED - 60 * HOUR)  # by the ledger's own writers
    production.run(drifted.take(range(20, 400)), scored=True)

    done = retrained(registry, production)

    made, parent = done.published.manifest, registry.manifest("penguins", 1)[0]
    assert (done.champion, done.learnt, done.held_out) == (1, 280, 120)
    assert made.version == 2
    assert made.created_by == "arn:user/ada, retrained from version 1 because accuracy fell"
    assert made.recipe == parent.recipe
    assert made.engine.name == "onnx"
    assert made.parity is not None
    assert made.champion == 1
    assert {"report", "card", "golden", "baseline", "training", "training_rows"} <= set(made.blobs)
    assert {one.verdict for one in made.findings if one.check == "contract"} == {"pass"}
    fresh = later(300, seed=9)
    assert accuracy(registry, 1, fresh) < 0.75
    assert accuracy(registry, 2, fresh) > 0.95
    kept = training_rows.decode(registry.blob(made.blobs["training"]))
    assert len(kept.rows) == 150 + 280
    assert kept.ids[150] == f"{first[0]}-0"
    assert sum(map(bool, kept.ids)) == 280


def test_judging_rows_are_in_neither_versions_training_rows(registry: Registry, production: Production) -> None:
    learnt, _, _ = penguins()
    drifted = later(300)
    X = drifted.X.copy()
    X.iloc[280:290] = learnt.X.iloc[:10]  # the newest rows hold some of the champion's training rows,
    X.iloc[10:20] = drifted.X.iloc[290:300]  # and some earlier rows
    production.run(Table(X, drifted.y), scored=True)

    done = retrained(registry, production)

    assert (done.learnt, done.held_out) == (200, 80)
    said = {one.finding: one.figure for one in done.findings}
    assert said["rows on both sides of the split, left out"].startswith("20 of 300")
    made = done.published.manifest
    kept = training_rows.decode(registry.blob(made.blobs["training"]))
    names = [field.name for field in made.signature.inputs]
    import pandas as pd

    taught = set(digests_of(made.signature, pd.DataFrame(kept.rows, columns=names)))
    assert not taught & set(digests_of(made.signature, X.iloc[210:280]))
    assert not taught & set(digests_of(made.signature, X.iloc[290:]))


def test_rows_of_an_earlier_training_are_not_used_twice(registry: Registry, production: Production) -> None:
    production.run(later(300), scored=True)
    first = retrained(registry, production)
    Production(registry, production.client, version=2).run(later(300, seed=5), until=ASKED + DAY, scored=True)

    second = retrained(registry, production, now=NOW + timedelta(days=2))

    assert first.learnt == 210
    counted = second.findings[0].figures
    assert counted["known"] == 210
    # 90 rows that judged version 2 and 300 new ones, of both versions' answers
    assert counted["rows"] + counted["repeated"] == 390
    kept = training_rows.decode(registry.blob(second.published.manifest.blobs["training"]))
    ids = [one for one in kept.ids if one]
    assert len(ids) == len(set(ids)) == 210 + second.learnt
    assert second.champion == 2


def test_worse_candidate_is_refused_by_the_gate_and_in_the_journal(
    registry: Registry, production: Production, memory: Memory
) -> None:
    """Training rows before the split contradict the rows that judge: a poisoned or temporary period."""
    table = later(400, drifted=False)
    swapped = {"Adelie": "Gentoo", "Gentoo": "Adelie", "Chinstrap": "Chinstrap"}

    production.run(table, actual=lambda place, said: swapped[said] if place < 280 else said, scored=True)
    journal = decisions(memory)

    with pytest.raises(GateError) as caught:
        Retraining(registry, production.ledger, journal=journal).retrain(order(key="event-1"))

    assert "against version 1" in str(caught.value)
    assert registry.versions("penguins") == [1]
    (record,) = journal.tail()
    assert record.kind == "decided"
    assert (record.model, record.version, record.by) == ("penguins", 1, "arn:user/ada")
    assert "was refused: the gate refuses this version" in record.why
    assert record.evidence["code"] == "gate"
    assert record.evidence["findings"]


def decisions(memory: Memory) -> Journal:
    return Journal(memory, "fairlead", folder=RETRAIN)


def records(memory: Memory) -> list[Record]:
    return list(decisions(memory).tail())


def test_refusal_of_a_repeated_order_is_in_the_journal_once(
    registry: Registry, production: Production, memory: Memory
) -> None:
    for _ in range(3):
        with pytest.raises(RetrainingError):
            Retraining(registry, production.ledger, journal=decisions(memory)).retrain(order(key="event-1"))

    (record,) = records(memory)
    assert record.evidence["result"] == "refused"
    assert record.evidence["findings"][0]["finding"] == "enough labelled rows"
    assert "the labels failed their checks" in record.why


def test_a_journal_that_cannot_be_written_hides_no_refusal(registry: Registry, production: Production) -> None:
    class ReadOnly(Memory):
        def put_new(self, key: str, data: bytes) -> bool:  # noqa: ARG002 - nothing is taken
            raise StorageError("could not write: AccessDenied")

    said: list[str] = []
    retraining = Retraining(registry, production.ledger, journal=decisions(ReadOnly()), progress=said.append)

    with pytest.raises(RetrainingError, match="enough labelled rows"):
        retraining.retrain(order())

    assert "the result is not in the journal: could not write: AccessDenied" in said


def test_one_order_makes_one_version_and_one_record(registry: Registry, production: Production, memory: Memory) -> None:
    production.run(later(300), scored=True)
    made = retrained(registry, production, key="event-1").published  # and killed before the journal had it
    assert made.manifest.created_by.endswith("(event-1)")
    assert records(memory) == []

    for _ in range(2):
        again = Retraining(registry, production.ledger, journal=decisions(memory)).retrain(order(key="event-1"))

    assert registry.versions("penguins") == [1, 2]
    # version 2 was never released, but without a stack the registry's latest is the champion
    assert again == made
    (record,) = records(memory)
    assert (record.kind, record.version, record.evidence["result"]) == ("decided", 2, "published")
    assert record.evidence["digest"] == f"sha256:{made.sha256}"
    assert "retraining published version 2, which passed the gate; it is not released yet" in record.why


def test_published_candidate_is_in_the_journal(registry: Registry, production: Production, memory: Memory) -> None:
    production.run(later(300), scored=True)
    done = Retraining(registry, production.ledger, journal=decisions(memory)).retrain(order())
    assert isinstance(done, Retrained)
    assert [record.version for record in records(memory)] == [done.published.manifest.version]


def test_retraining_without_any_labels_is_refused_with_a_hint(registry: Registry, production: Production) -> None:
    error = refusal(registry, production)
    assert refusing(error) == ["enough labelled rows"]
    assert "0, 0 of them held out (required: at least 200, and 50 on either side of the split)" in str(error)
    assert "--since" in error.hint


def test_labels_of_another_time_are_not_read(registry: Registry, production: Production) -> None:
    production.run(later(300), until=ASKED - 40 * DAY, scored=True)
    assert refusing(refusal(registry, production)) == ["enough labelled rows"]


def test_a_flood_of_false_feedback_from_one_source_is_refused(registry: Registry, production: Production) -> None:
    production.run(
        later(300), by=lambda place: f"arn:aws:sts::123456789012:assumed-role/mallory/session{place}", scored=True
    )

    error = refusal(registry, production)

    assert refusing(error) == ["largest share of labels from one reporter"]
    assert "100% from arn:aws:sts::123456789012:assumed-role/mallory" in str(error)
    trusted = Limits(trusted=("arn:aws:sts::123456789012:assumed-role/mallory",))
    assert retrained(registry, production, limits=trusted).published.manifest.version == 2


def test_labels_that_others_contradict_are_refused(registry: Registry, production: Production) -> None:
    table = later(300)
    requests = production.run(table, scored=True)
    for request in requests[:4]:
        for row in range(10):
            production.contradict(request, row)

    error = refusal(registry, production)

    assert refusing(error) == ["contradicted labels"]
    assert "40 of 300 (13.3%)" in str(error)


def test_labels_that_shifted_implausibly_are_refused(registry: Registry, production: Production) -> None:
    production.run(later(300), actual=lambda *_: "Gentoo", scored=True)

    assert "labels against the training rows" in refusing(refusal(registry, production))


def test_rows_captured_without_a_field_teach_nothing(registry: Registry, production: Production) -> None:
    fields = [field.name for field in registry.manifest("penguins", 1)[0].signature.inputs if field.name != "sex"]
    production.run(later(300), fields=fields, scored=True)

    error = refusal(registry, production)

    assert "300 captured without all fields; sex never stored (CaptureDrop)" in str(error)


def test_an_unknown_model_is_refused(registry: Registry, production: Production) -> None:
    with pytest.raises(RetrainingError, match="has no version"):
        Retraining(registry, production.ledger).retrain(order(model="walruses"))


def test_the_champions_policy_judges_its_successor(registry: Registry, production: Production, memory: Memory) -> None:
    manifest = registry.manifest("penguins", 1)[0]
    strict = Policy(champion=ChampionRules(not_worse_by=0.0))
    changed(registry, memory, blobs=manifest.blobs | {"policy": registry.put_blob(strict.canonical())})
    production.run(later(300), scored=True)

    made = retrained(registry, production).published.manifest

    judged_by = msgspec.json.decode(registry.blob(made.blobs["policy"]), type=Policy)
    assert judged_by.champion == strict.champion


def test_inputs_that_keep_drifting_warn_and_do_not_refuse(registry: Registry, production: Production) -> None:
    table = later(400)
    X = table.X.assign(body_mass_g=table.X["body_mass_g"] + [3 * place for place in range(400)])
    production.run(Table(X, table.y), scored=True)

    made = retrained(registry, production).published.manifest

    (moved,) = [one for one in made.findings if one.finding == "held-out rows like the training rows"]
    assert moved.verdict == "warn"
    assert "later rows moved, which a time split allows: body_mass_g" in moved.detail


def test_graphs_asked_beside_give_the_same_version(registry: Registry, production: Production) -> None:
    production.run(later(300), scored=True)
    handler = GraphHandler(registry)

    def ask(question: GraphQuestion) -> EngineReply:
        return unpack(handler.answer(pack(question)), EngineReply)

    done = Retraining(registry, production.ledger, runtime=RemoteRuntime(ask, registry)).retrain(order())

    assert isinstance(done, Retrained)
    made = done.published.manifest
    assert made.engine.name == "onnx"
    assert made.parity is not None
    assert made.parity.boundary_rows > 100
    rows = to_rows(made.signature, later(50, seed=4).X)
    engine = load(made.engine, made.signature, registry.blob(made.blobs["onnx"]))
    assert len(engine.answer(rows).labels or ()) == 50


def test_a_manifest_that_changes_while_retraining_reads_it_is_refused(
    memory: Memory, registry: Registry, production: Production
) -> None:
    """The digest of the live release, or of the lineage, holds for everything that is read of the version."""
    kept, _ = registry.manifest("penguins", 1)

    def replace(_: str) -> None:
        memory.objects[manifest_key("penguins", 1)] = encode(msgspec.structs.replace(kept, created_by="mallory"))

    with pytest.raises(IntegrityError, match="expected sha256:"):
        Retraining(registry, production.ledger, progress=replace).retrain(order())
