"""The command line, `cds-hooks`: one module per command or group of commands.

A command reads its options, asks other rooms, and prints; it imports what is heavy only when it
runs, so that the others start fast. Exit codes and words for a person are decided here, nothing
else. Imports anything, and is imported by nothing.
"""
