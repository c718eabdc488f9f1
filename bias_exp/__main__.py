"""`python -m bias_exp` is `bias-exp`."""

from bias_exp.cli import main

if __name__ == "__main__":
    main()
