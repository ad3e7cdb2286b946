"""The modes realized: one task of a sub-agent, rounds of a loop, rounds towards a goal, turns of a conversation."""
