"""A decision as one self-contained HTML page."""
from journeyman.entities.decided_case import DecidedCase
__all__=["render_decision"]
def render_decision(decided: DecidedCase) -> str:
    """Render."""
    return ""
