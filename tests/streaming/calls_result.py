"""Records of the family that functions make."""

CALLS = []
RECORDS = {"EigCertificate", "EigResult"}
