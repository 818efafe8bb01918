"""The box in the village: reads cameras and sensors, keeps everything until the centre has it.

Adapters (`cameras/`, `sensors/`) feed `sampler`; what must leave goes through `outbox` to `uplink`.
"""
