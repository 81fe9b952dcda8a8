"""Models that were made elsewhere: asked in a process of their own, or at their address, behind the same door."""
