"""Answers to declared questions about one record: values, series, conditions, drugs, stays.

An answer is a value with its unit, date and basis, or says whether it is unknown or absent: "no
record" is said only where the whole list was read. Imports the record, terminology and r4; never
readers' internals of a single resource.
"""
