"""`python -m badak` is `badak`."""

from badak.cli import main

if __name__ == "__main__":
    main()
