"""The dashboard and the report: pages over the published marts."""
