"""Runs dbt: the project for one company, increments, what makes a staging model and a mart."""
