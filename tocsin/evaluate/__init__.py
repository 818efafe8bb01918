"""Quality of the detectors, measured: on clips, on still pictures, on series, on the centre's own history."""
