"""Protocols of serving, one file a protocol: see :class:`journeyman.serving.serving_protocol.ServingProtocol`."""
