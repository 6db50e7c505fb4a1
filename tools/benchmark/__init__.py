"""`make bench`: what a call costs, beside other servers that do less.

Every server runs in turn on loopback with two processes, in rotation over the rounds, and is sent
the same charts. Rates differ between runs on a busy machine, so the figure to trust is the CPU time
that a server's processes spend a request; it is read from the operating system before and after.
A goal is a ratio within one run. Figures go to `build/bench.json`, the table to standard output.
"""
