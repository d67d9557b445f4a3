"""`python -m tcpassay` is `tcpassay`."""

from tcpassay.cli import main

if __name__ == "__main__":
    main()
