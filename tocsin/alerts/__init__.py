"""From a detection to people at the scene: alarms, incidents, clocks, notices.

Pure: `alarm` `incident` `policy` `correlate` `notices` `throttle` `commands` `model`.
Shell: `service` `escalator` `relay`, and one adapter per channel in `channels/`.
"""
