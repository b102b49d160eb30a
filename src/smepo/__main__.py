"""`python -m smepo`, for launchers that start modules."""

from smepo.cli import main

if __name__ == "__main__":
    main()
