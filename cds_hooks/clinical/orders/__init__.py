"""Rules on orders that are being written: a draft against the chart and against the other drafts.

A rule is a row of one of the tables here (`*.toml`, read by `rule_table`) and is looked at by one
of the checks (`checks`): a pure function of the patient and the drafts that yields findings. A row
says what it needs, the value as printed, what to do, and where it was read; one whose source has no
locator is off. A draft is compared with what the chart certainly records; what only may be recorded
is shown to be checked where it would be life-threatening, and never taken for absent. This is no
complete interaction checker: what is in no row is not looked at.
"""
