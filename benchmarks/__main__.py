"""Run all benchmarks and print them as Markdown."""

from benchmarks import cold, feedback, models, runtime, warm

AIMS = """aims: one row ≤ 0.25 ms CPU, 100 rows ≤ 1 ms, cold start ≤ 0.45 s CPU,
≥ 5 × shorter than the plain handler as packed, ≥ 2.5 × shorter than it with byte-code"""


def main() -> None:
    """Print tables for warm requests, cold starts and captured events."""
    print(f"{AIMS}\n")
    print("| model | rows | handler CPU ms | wall ms | through the runtime client CPU ms | wall ms ", end="")
    print("| floor CPU ms | plain CPU ms | plain / handler |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for name in models.ESTIMATORS:
        for rows, repeats in ((1, 50), (100, 10)):
            case = models.case(name)
            taken = warm.measure(warm.ways(case, rows), repeats)
            handler, floor, plain = taken["handler"], taken["floor"], taken["plain"]
            client = runtime.measure(case, rows, repeats * 10)
            print(
                f"| {name} | {rows} | {handler.cpu:.3f} | {handler.wall:.3f} | {client.cpu:.3f} | {client.wall:.3f} "
                f"| {floor.cpu:.3f} | {plain.cpu:.3f} | {plain.cpu / handler.cpu:.0f} × |",
                flush=True,
            )
    print("\n| model | start | CPU s | × fairlead |\n|---|---|--:|--:|")
    for name in models.ESTIMATORS:
        starts = cold.measure(models.case(name))
        for way, seconds in starts.items():
            print(f"| {name} | {way} | {seconds:.3f} | {seconds / starts['fairlead']:.1f} |", flush=True)
    print("\n| captured events | CPU s | events/s |\n|--:|--:|--:|")
    for speed in feedback.measure():
        print(f"| {speed.events:,} | {speed.seconds:.2f} | {speed.rate:,.0f} |", flush=True)
    print(f"\nimporting boto3 and making an S3 client alone: {cold.boto3_client():.3f} CPU s")


if __name__ == "__main__":
    main()
