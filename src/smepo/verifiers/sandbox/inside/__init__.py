"""What runs inside the sandbox. Imports the standard library and itself alone, by relative names:
in the sandbox there is no package ``smepo``.

    server      forks a process a program, tells its CPU time, kills it
    confine     what a process gives up before it runs anything foreign
    candidate   runs the program and answers calls
    judge       runs the tests, and compares
    program     the judge's ``candidate``: sends calls to the other process
    codec       values as plain data
"""
