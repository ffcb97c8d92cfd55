"""The Dagster UI behind a guard: `python -m pipelines.ui` with the options of `dagster dev`."""
