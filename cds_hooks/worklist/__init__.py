"""Whom to review, when, by which team: a plan for the next hours from risks and capacity.

A review helps with an event that comes between `latest` and `earliest` hours after it. It is worth
the probability, by the hazard that the risk states, of the event in as many hours of that window as
the last review did not cover, times what the site says that finding one is worth and how often a
review changes its course, and times the probability that the event has not come before the review.
So a review soon after another adds little, as much as the first when the whole window is new again,
and a high risk does not wait for that. The reviews of one patient are a path over hours, its steps
valued by the time between them; the plan is the set of paths of the greatest total benefit that
the teams' capacity, skills and places allow, found by HiGHS (mixed-integer programming), or hour by
hour where HiGHS finds none in its time.

Life-threatening findings are no part of this: they stand above the plan and use no capacity of it.
Whose risk is not known is listed as not assessed, never as low. Imports settings; never the store,
the network or the web.
"""
