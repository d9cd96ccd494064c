"""For every test: signals as a foreground process has them."""

import signal

# A shell that starts the tests in the background makes them ignore SIGINT, and every process they start inherits that:
# nothing here could be stopped the way a person stops it. A handler, unlike ignoring, is not inherited through exec.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
