"""The UI and who may use it."""
