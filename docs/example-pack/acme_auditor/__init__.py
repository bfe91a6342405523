"""What Acme adds to the auditor: one rule and one report."""
