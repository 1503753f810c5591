"""The golden families: each module has `cases()`, which yields `golden_format.Case` values."""
