"""Hourly surveillance of patients in beds: census, charts, assessments, write-back.

Time-critical surveillance is a medical device; it is off until a site turns it on in a file of its
own. Each hour the census is asked for, each chart fetched within a budget of requests a second and
answered as a call of the hook is, and recorded as one. What fails is tried again within the hour;
what is still lacking then is said. What is written back has an id made of patient, service and
hour, is kept in the state until the server has taken it, and so is there once however often it is
sent. No missing datum closes a Flag: only an assessment does, or a whole census without the
patient. Time, sleep and the ways out are parameters. Imports engine, store, fhir_client and
fhir_export; never web.
"""
