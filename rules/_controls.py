"""Controls by theme: what a rule speaks to where no framework has named it itself.

A rule adds what is its own with ``NETWORK | {"AWS FSBP": ["SageMaker.1"]}``; its own list for a
framework takes the place of the theme's. The NIST ids of network, access and encryption are those
that Security Hub publishes for controls of the same theme; the others are ours. The NIST AI RMF
is named only where the question is one of machine learning.
"""

from __future__ import annotations

NIST = "NIST 800-53 r5"
LENS = "AWS Well-Architected ML Lens"
ATLAS = "MITRE ATLAS"
OWASP = "OWASP ML Top 10"
RMF = "NIST AI RMF"

NETWORK = {
    NIST: ["AC-4", "AC-6", "SC-7"],
    LENS: ["MLSEC03-BP02", "MLSEC04-BP01"],
    ATLAS: ["AML.T0049", "AML.T0025"],
}
ACCESS = {
    NIST: ["AC-2(1)", "AC-3", "AC-6", "AC-6(10)"],
    LENS: ["MLSEC03-BP01"],
    ATLAS: ["AML.T0012"],
}
ENCRYPTION = {
    NIST: ["SC-12(2)", "SC-13", "SC-28", "SC-28(1)", "SI-7(6)"],
    LENS: ["MLSEC02-BP01"],
    ATLAS: ["AML.T0035"],
}
TRAFFIC = {NIST: ["SC-8", "SC-13"], LENS: ["MLSEC04-BP02"]}
SECRETS = {NIST: ["IA-5(7)"], LENS: ["MLSEC03-BP02"], ATLAS: ["AML.T0055"]}
INTEGRITY = {
    NIST: ["SI-7", "SI-10"],
    LENS: ["MLSEC04-BP03", "MLSEC03-BP04"],
    ATLAS: ["AML.T0020"],
    OWASP: ["ML02"],
    RMF: ["MEASURE 2.7"],
}
MONITORING = {NIST: ["AU-2", "AU-3", "AU-12", "CA-7"], LENS: ["MLSEC06-BP02"], RMF: ["MEASURE 2.4"]}
AVAILABILITY = {NIST: ["CP-10", "SC-5", "SC-36", "SA-13"], ATLAS: ["AML.T0029"]}
ENVIRONMENT = {NIST: ["CM-2", "CM-6", "CM-7"], LENS: ["MLSEC04-BP01"]}
