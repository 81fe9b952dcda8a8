"""`python -m journeyman` is the `journeyman` command."""

from journeyman.cli.main import main

main()
