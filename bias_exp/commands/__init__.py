"""Commands of `bias-exp` that stand in a module each: it parses, calls one thing, and prints what that says."""
