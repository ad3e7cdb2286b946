"""What putting a persona on means: who is chosen, what stands in the way, what is here for it, and the prompt it makes.

select     who is put on, and by which rank of precedence
adopt      the pipeline: head, gate, load, resolve, compose; gives an adoption or a refusal
world      everything that the pipeline reads, as one value (world_store opens that of a folder)
gate, toolbox, sections, frames, compose    its steps
session    the stance worn now; store keeps it over a restart
"""
