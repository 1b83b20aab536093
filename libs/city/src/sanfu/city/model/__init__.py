"""A city pack as plain data: what a city decides for itself.

Standard library only, so that a service's domain may import it. Everything is frozen; lists are tuples, in the pack's
own order; codes are as written in the files. Times of day are minutes since local midnight (0 … 1440), lengths of time
are minutes unless they are a `Limit`. Nothing here knows a city by name.
"""
