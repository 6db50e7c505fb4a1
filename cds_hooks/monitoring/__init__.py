"""Is the advice still right here: calibration against outcomes, and drift of what models are given.

**Outcomes** are imported, because no store knows what happened to a patient. A row says of a
patient whether an outcome had happened by a moment. A prediction made before it is labelled an
event if the outcome happened within its horizon, none if the patient was followed to the end of the
horizon without it, and is left out, and counted, otherwise. Of a patient the first prediction of
each day counts: the tenth opening of a chart says nothing new. Intervals resample patients.

**Calibration** is observed to expected events (1 is right on average), the intercept and slope of a
logistic recalibration (0 and 1 are right), AUROC, and the PPV of the cards that were shown. An
alarm is raised when the interval of observed to expected lies outside of its limits in two periods
running, and ends when it lies within them in two: one month's chance neither raises nor ends it.

**Drift** compares what a model was given in a period with what it was given in a reference period,
input by input: the mean by Welch's test, the share that is missing by the test of two proportions.
The looks at a growing period are planned: the chance of a false alarm is spent mostly at the last
look (O'Brien and Fleming's shape, by alpha spending), and shared equally between all tests, so that
all tests and looks together raise a false alarm in at most one of twenty runs. The population
stability index is shown because committees ask for it; it has no power of its own to alarm.

Imports the store and the statistics of training; never web.
"""
