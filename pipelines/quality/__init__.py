"""Great Expectations suites, the verdict on a build, and the report about it."""
