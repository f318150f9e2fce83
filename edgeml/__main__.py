"""`python -m edgeml` is the command `edgeml`."""

from edgeml.cli.main import main

main()
