"""`python -m emobench`: the command line, where the script `emobench` is not on the path."""

from emobench.cli.app import main

if __name__ == "__main__":
    main()
