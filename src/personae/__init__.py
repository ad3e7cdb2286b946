"""One persona file, checked once, worn everywhere.

The rooms, from the ground up; each imports only from those above it in this list:

    errors      what can go wrong, and a diagnostic
    persona     one file becomes one value
    library     many personas and what is on offer here
    team        the planner persona's computed answers
    run         models and the agent run
    workflow    plans: made, checked, run
    cli         one module per command
"""
