"""The ledger: predictions, outcomes, and counters of both, in one DynamoDB table.

    pk                     sk                          what
    <request>              P#<first row>               a captured part of a request
    <request>              O#<row>                     the outcome of one of its predictions
    W#<model>#<version>    <slot>#T#<group>#…          traffic counters of a quarter of an hour
    W#<model>#<version>    <slot>#Q#…                  quality counters of a quarter of an hour
    S                      <model>#<version>           the captured versions: last slots of a call and of a report

Everything arrives at least once and in any order. Each half of a pair is written before the other half is searched,
with strongly consistent reads. So the second writer sees both. One transaction writes an idempotency item and its
counters, so each pair is counted once. Times are milliseconds since 1970, slots are seconds // SLOT.
"""

from fairlead.feedback.ledger.writer import Ledger
from fairlead.telemetry.outcomes import Kept, Outcome, Pair, Result

__all__ = ["Kept", "Ledger", "Outcome", "Pair", "Result"]
