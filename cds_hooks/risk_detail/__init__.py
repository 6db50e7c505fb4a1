"""What the page behind a card's link shows: one risk, its course, inputs and contributions.

The detail is computed again by the same engine, from the chart as it is now or as the demo keeps it
in memory, and is opened only for the patient of the card. Values, no HTML: the pages are in web.
Imports smart, store and engine; never web.
"""
