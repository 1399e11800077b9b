"""A commentator for any room: `python -m livekit.agents start docs/examples/bare_agent.py`"""

import os

from livekit import rtc
from livekit.agents import Agent, AgentServer, AgentSession, JobContext
from livekit.agents.voice.room_io import RoomOptions
from livekit.plugins import pressbox

KINDS = [
    rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD,
    rtc.ParticipantKind.PARTICIPANT_KIND_INGRESS,
]
ENGINE = os.environ.get("PRESSBOX_BASE_URL", "http://127.0.0.1:8198/v1")
server = AgentServer()


def commentator() -> AgentSession[None]:
    model = pressbox.RealtimeModel(base_url=ENGINE)
    return AgentSession(llm=model, video_sampler=None)


@server.rtc_session()
async def commentate(ctx: JobContext) -> None:
    agent = Agent(instructions="You comment on what the camera sees, in one short sentence.")
    options = RoomOptions(video_input=True, participant_kinds=KINDS)
    await commentator().start(agent, room=ctx.room, room_options=options)
