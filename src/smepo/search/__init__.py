"""Search: an index of passages, the tools that a policy calls, and the episode around them.

index = Index.open("wiki.index")
tools = Tools(index)                      # search(query, k) and read(title), counted, never raising
environment_factory = environment(tools)  # for TRL, one environment a rollout
"""

from smepo.search.corpus import Passage
from smepo.search.episode import Limits, Tools
from smepo.search.index import Found, Index, build
from smepo.search.remote import Remote

__all__ = ["Found", "Index", "Limits", "Passage", "Remote", "Tools", "build"]
