"""No item is hot: concurrent writers of the same counters all succeed, and everything is counted once."""

from benchmarks.contention import Held, measure
from fairlead.feedback.ledger import counter_items
from fairlead.feedback.ledger.counter_items import pages
from fairlead.feedback.ledger.transactions import Settling, Write


def test_writers_of_the_same_counters_all_get_through() -> None:
    met = measure(8, each=5, latency=0.002)

    assert (met.deliveries, met.failed) == (40, 0)
    assert met.asked == 40 + met.cancelled


def test_a_transaction_keeps_to_one_shard_and_the_next_takes_another() -> None:
    """With a separate shard for each item, a transaction of several items would conflict with nearly every other."""
    shards: list[set[str]] = []

    class RecordingClient(Held):
        def transact_write_items(self, TransactItems: list[dict[str, dict[str, dict[str, dict[str, str]]]]]) -> None:
            named = [one["Update"]["Key"]["sk"]["S"] for one in TransactItems if "Update" in one]
            shards.append({name.rpartition("#")[2] for name in named})

    counts = {f"n{place}": 1 for place in range(5 * counter_items.PAGE)}
    settling = Settling(RecordingClient(0), "ledger", sleep=lambda _: None)
    put = {"Put": {"Item": {"pk": {"S": "r"}, "sk": {"S": "P#0"}}}}
    for _ in range(40):
        settling.settle([Write(0, put, 1)], lambda _: pages("W", 1, "T", "0", counts), expires=1)

    assert all(len(one) == 1 for one in shards)
    assert len(set.union(*shards)) > 1
