"""Stories: something is wrong, what that costs is shown, it is put right, and the same is tried again.

    found = stories()                                     # every story by its id
    told = Stage(data, ask, url, region, signer).tell(found["leaked-key"])
    told.held                                             # whether before and after were as they had to be

A story happens in throw-away accounts of a running Garrison: every call in it is a real one, decided as any other, and
what checks say is recorded as evidence. Nothing is staged but the situation.
"""

from garrison.stories.stage import Stage
from garrison.stories.story import STORIES, Story, StoryError, stories
from garrison.stories.told import CheckSeen, Seen, Side, Step, Told

__all__ = ["STORIES", "CheckSeen", "Seen", "Side", "Stage", "Step", "Story", "StoryError", "Told", "stories"]
