"""The demo village: real product, simulated field.

`village` says who and where, `scenes` draws the cameras, `script` says what happens when,
`field` is the process that plays cameras, sensors and people outside the wire, `run` starts
everything, `report` writes what came of it.
"""
