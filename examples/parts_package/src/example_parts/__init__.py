"""Parts for Journeyman, one of each kind that a package may bring."""
