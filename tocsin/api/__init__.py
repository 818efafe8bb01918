"""The face towards people: HTTP routes, sign-in, live feed, errors as sentences.

Imports stages and core, never `store` or `edge`; everything it needs is given as `deps.ApiDeps`.
"""
