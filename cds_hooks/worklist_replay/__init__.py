"""What a worklist would have found on real intensive care stays: PhysioNet/CinC Challenge 2019.

The stays are real; that they lie in beds of one hospital at one time is invented: stays follow one
another in a random order, each as soon as a bed is free. Every hour each policy is told the risk of
everyone who is there and when it last reviewed them, and chooses. It is never told when a record
ends, because those of septic patients end soon after the onset. Stays whose label is true in their
first hour have no known onset and are left out. The risks of one hospital are of trees that never
saw it, and whatever a policy is tuned by is tuned on the other hospital.

A review sees an event if the onset comes 3 to 12 hours after it; an event counts once. Imports
worklist and the training of predictors; never web.
"""
