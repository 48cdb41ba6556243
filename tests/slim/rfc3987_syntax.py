"""Not installed, as far as the tests are concerned: jsonschema does without, and making its grammar takes seconds a process."""

raise ImportError
