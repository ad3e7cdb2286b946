"""The legs of the trifecta over a tree: which meet where, and what a boundary between agents is worth."""

from __future__ import annotations

import pytest

from personae.run.trifecta import Agent, digest_of, drawn, judge
from personae.tools.declared import Legs, WayOut

OPEN = WayOut(reviewed=False, trusted=False)
READ = Legs(private=True, untrusted="some")
DIARY = Legs(private=True)
WEB = Legs(untrusted="yes", way_out=OPEN)
PAGE = Legs(untrusted="yes")
SEND = Legs(way_out=OPEN)
SHOWN = Legs(way_out=WayOut(reviewed=True, trusted=False))
HOME = Legs(way_out=WayOut(reviewed=False, trusted=True))


def agent(label: str, *children: Agent, **tools: Legs) -> Agent:
    return Agent(label=label, tools=tools, children=children)


@pytest.mark.parametrize(
    ("tree", "level", "path"),
    [
        (agent("a"), "silent", "a"),
        (agent("a", read=READ), "silent", "a"),
        (agent("a", web=WEB), "silent", "a"),
        (agent("a", diary=DIARY, send=SEND), "silent", "a"),
        # One agent with all three.
        (agent("a", read=READ, web=WEB), "loud", "a"),
        (agent("a", diary=DIARY, page=PAGE, send=SEND), "loud", "a"),
        # Something is between: a person, a destination, or who may write what is read.
        (agent("a", diary=DIARY, page=PAGE, shown=SHOWN), "soft", "a"),
        (agent("a", diary=DIARY, page=PAGE, home=HOME), "soft", "a"),
        (agent("a", read=READ, send=SEND), "soft", "a"),
        # A parent asks its child to send: a boundary filters no content.
        (agent("a", agent("b", send=SEND), diary=DIARY, page=PAGE), "loud", "a"),
        # A parent asks its child for what is private.
        (agent("a", agent("b", diary=DIARY), web=WEB), "loud", "a"),
        (agent("a", agent("b", agent("c", diary=DIARY)), agent("d", send=SEND), page=PAGE), "loud", "a"),
        # A child's answer may carry an order to its parent, but as material: one step less.
        (agent("a", agent("b", page=PAGE), diary=DIARY, send=SEND), "soft", "a"),
        (agent("a", agent("b", web=WEB), read=READ), "soft", "a"),
        (agent("a", agent("miner", read=READ), agent("web", web=WEB)), "soft", "a"),
        # The worst is deep below.
        (agent("a", agent("b", agent("c", read=READ, web=WEB))), "loud", "a b c"),
    ],
)
def test_the_verdict_is_that_of_the_worst_agent_of_the_tree(tree: Agent, level: str, path: str) -> None:
    verdict = judge(tree)
    assert (verdict.level, verdict.path if level != "silent" else (tree.label,)) == (level, tuple(path.split()))


def test_the_sentence_names_the_path_and_who_brings_each_leg() -> None:
    tree = agent("boss", agent("scout", web=WEB, diary=DIARY))
    assert judge(tree).sentence == (
        "loud: in boss → scout meet private data (scout: diary), what others wrote (scout: web) and a way out "
        "(scout: web), and nothing is between them"
    )


def test_the_map_shows_each_tool_with_its_legs() -> None:
    tree = agent("boss", agent("scout", web=WEB), read=READ, add=Legs())
    assert drawn(tree) == [
        "boss",
        "  read: private data, written by who may change the project",
        "  add: no leg",
        "  → scout",
        "  →   web: written by anybody, a way out to anybody, nobody sees what leaves",
    ]


def test_a_yes_holds_for_one_tree_only() -> None:
    tree = agent("a", agent("b", send=SEND), diary=DIARY)
    assert digest_of(tree) == digest_of(agent("a", agent("b", send=SEND), diary=DIARY))
    others = [
        agent("a", agent("b", send=SHOWN), diary=DIARY),
        agent("a", diary=DIARY),
        agent("b", agent("b", send=SEND)),
    ]
    assert digest_of(tree) not in {digest_of(other) for other in others}
