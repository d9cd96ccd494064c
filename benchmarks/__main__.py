"""Run the benchmarks of docs/reference/performance.md and print them as Markdown; needs `make build`."""

from collections.abc import Sequence

from benchmarks import cold, feedback, models, peers, protocols, runtime, warm
from benchmarks.options import parser

AIMS = """aims: one row ≤ 0.15 ms CPU, 100 rows ≤ 0.6 ms (forest 0.9), cold start ≤ 0.25 s CPU,
≥ 5 × shorter than the plain handler as packed, ≥ 2.5 × shorter than it with byte-code"""
REQUESTS = ((1, 50), (100, 10))
"""Rows of a request, and how often it is repeated in a round."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print tables for warm requests, cold starts and captured events."""
    smallest = parser(__doc__).parse_args(arguments).smallest
    names = list(models.ESTIMATORS)[: 1 if smallest else None]
    print(f"{AIMS}\n")
    for name in names:
        warm_requests(models.case(name), smallest=smallest)
        through_the_client(models.case(name), smallest=smallest)
    print()
    protocols.main(["--smallest"] if smallest else [])
    print("\n| model | start | CPU s | × fairlead |\n|---|---|--:|--:|")
    for name in names:
        starts = cold.measure(models.case(name), 1 if smallest else cold.ROUNDS)
        for way, seconds in starts.items():
            print(f"| {name} | {way} | {seconds:.3f} | {seconds / starts['fairlead']:.1f} |", flush=True)
    print()
    feedback.main(["--smallest"] if smallest else [])
    client = cold.boto3_client(1 if smallest else cold.ROUNDS)
    print(f"\nimporting boto3 and making an S3 client alone: {client:.3f} CPU s")


def warm_requests(case: models.Case, *, smallest: bool) -> None:
    """Print the table of one model's requests."""
    print("| model | rows | handler CPU ms | wall ms | floor CPU ms | plain CPU ms | plain / handler |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for rows, usual in REQUESTS:
        repeats = 1 if smallest else usual
        taken = warm.measure(warm.ways(case, rows), repeats, 1 if smallest else warm.ROUNDS)
        handler, floor, plain = taken["handler"], taken["floor"], taken["plain"]
        print(
            f"| {case.name} | {rows} | {handler.cpu:.3f} | {handler.wall:.3f} "
            f"| {floor.cpu:.3f} | {plain.cpu:.3f} | {plain.cpu / handler.cpu:.0f} × |",
            flush=True,
        )


def through_the_client(case: models.Case, *, smallest: bool) -> None:
    """Print the table of one model's requests through AWS's runtime client, beside an empty handler and MLServer."""
    print("\n| model | rows | through the runtime client CPU ms | wall ms | empty handler CPU ms | MLServer CPU ms |")
    print("|---|--:|--:|--:|--:|--:|")
    for rows, usual in REQUESTS:
        repeats, rounds = (10, 1) if smallest else (usual * 5, runtime.ROUNDS)
        client = runtime.measure(case, rows, repeats, rounds)
        empty = runtime.measure(case, rows, repeats, rounds, empty=True)
        other = peers.measure(peers.MLSERVER, case, {rows: repeats * rounds})
        shown = "not measured" if other is None else f"{other.requests[rows]:.3f}"
        print(
            f"| {case.name} | {rows} | {client.cpu:.3f} | {client.wall:.3f} | {empty.cpu:.3f} | {shown} |", flush=True
        )


if __name__ == "__main__":
    main()
