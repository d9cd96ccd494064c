"""`python -m fairlead_local`: the process that `LocalCloud` starts.

It prints one line of JSON when it serves, or the reason why it cannot, and one more if its state could not be kept.
It stops on SIGTERM, on SIGINT, and when standard input ends, which happens however the parent process ends.
"""

import argparse
import json
import logging
import os
import shutil
import signal
import sys
import threading
from pathlib import Path

from fairlead_local.errors import LocalCloudError
from fairlead_local.folder import LOG
from fairlead_local.server import Bind, Server


def main() -> int:
    """Serve until a signal or the end of standard input."""
    parser = argparse.ArgumentParser(prog="fairlead_local")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--api-port", type=int, default=0)
    parser.add_argument("--also-on", action="append", default=[])
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--behind", type=float, default=0.0, help="seconds ago at which the cloud's clock begins")
    parser.add_argument("--temporary", action="store_true", help="remove the directory at the end")
    parser.add_argument("--archives", type=Path, help="a folder for unpacked archives that other clouds use too")
    parser.add_argument(
        "--keep", action="store_true", help="continue with the directory's state, and write it at the end"
    )
    options = parser.parse_args()
    logging.basicConfig(filename=options.directory / LOG, level=logging.WARNING, format=_LOG_FORMAT)
    # The SAM translator warns about its own build.
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=_until_input_ends, args=(stop,), daemon=True).start()
    try:
        bind = Bind(options.port, options.api_port, options.also_on)
        server = Server(bind, options.directory, behind=options.behind, keep=options.keep, archives=options.archives)
    except LocalCloudError as error:
        _say({"error": str(error), "hint": error.hint})
        return error.exit_code
    _say({"port": server.port, "api_port": server.api_port, "keys": [server.access_key, server.secret_key]})
    stop.wait()
    try:
        server.stop()
    except OSError as error:  # the state could not be written
        _say({"error": str(error)})
        return 1
    if options.temporary:
        shutil.rmtree(options.directory, ignore_errors=True)
    return 0


_LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def _until_input_ends(stop: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        continue
    stop.set()


def _say(facts: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    # The cloud has stopped; daemon threads may hold locks that the interpreter's shutdown needs.
    code = main()
    sys.stdout.flush()
    os._exit(code)
