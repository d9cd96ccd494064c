"""Run the benchmarks of docs/reference/performance.md and print them as Markdown; needs `make build`."""

from collections.abc import Sequence

from benchmarks import cold, feedback, models, runtime, warm
from benchmarks.options import parser

AIMS = """aims: one row ≤ 0.25 ms CPU, 100 rows ≤ 1 ms, cold start ≤ 0.45 s CPU,
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
    print("| model | rows | handler CPU ms | wall ms | through the runtime client CPU ms | wall ms ", end="")
    print("| floor CPU ms | plain CPU ms | plain / handler |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for rows, usual in REQUESTS:
        repeats = 1 if smallest else usual
        taken = warm.measure(warm.ways(case, rows), repeats, 1 if smallest else warm.ROUNDS)
        client = runtime.measure(case, rows, repeats * 10, 1 if smallest else runtime.ROUNDS)
        handler, floor, plain = taken["handler"], taken["floor"], taken["plain"]
        print(
            f"| {case.name} | {rows} | {handler.cpu:.3f} | {handler.wall:.3f} | {client.cpu:.3f} | {client.wall:.3f} "
            f"| {floor.cpu:.3f} | {plain.cpu:.3f} | {plain.cpu / handler.cpu:.0f} × |",
            flush=True,
        )


if __name__ == "__main__":
    main()
