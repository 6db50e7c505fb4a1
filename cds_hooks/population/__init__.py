"""Assesses whole populations from files, patient by patient, just as the hooks would.

The files of a Bulk Data export hold resources by type, a chart's are spread over all of them. So a
run has two passes. The first reads each line once, asks only what it is and whose, and appends it
to one of many partitions, by a hash of the patient: no chart is ever split, and a partition fits
into a worker's memory. The second hands partitions to workers, of this computer or of a Dask
cluster; each assesses a partition's patients by the same functions as a hook's call, and writes its
results under a temporary name before it gives them their own. A partition whose results are there
is not done again, so that a run that was ended at any moment goes on where it was.

What cannot be read is named by file and line in the quarantine, and costs only itself. Imports
bundles, fhir_export and model_registry; never the store: a run is no call of a clinician.
"""
