"""From MQTT to committed rows: decode, order, batch, commit, acknowledge, receipt.

Pure: `decode` `sequence` `skew`.  Shell: `service` `mqtt`.  Ports: `ports`.
"""
