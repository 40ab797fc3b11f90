"""`python -m badak` is `badak`."""

from badak.cli import main

main()
