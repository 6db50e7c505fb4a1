"""Clinical knowledge that several services share: actions, guideline advice, laboratory rules.

Codes, thresholds and wording are reviewed data (`*.toml`) with their source; the functions here
compare a patient with them. A suggestion proposes a draft and never orders; what is unknown is
never taken for absent. Imports engine and protocol; never a service, the store or the network.
"""
