"""LiveKit's agent starter (livekit-examples/agent-starter-python) with a commentator in it.

python docs/examples/agent_starter.py dev
"""

from livekit.agents import Agent, AgentServer, AgentSession, JobContext, cli, inference, room_io
from livekit.plugins import pressbox

server = AgentServer()


class Assistant(Agent):
    def __init__(self) -> None:
        super().__init__(
            # the address comes from PRESSBOX_BASE_URL, a key from PRESSBOX_API_KEY
            llm=pressbox.RealtimeModel(language="en"),
            instructions="You comment on what the camera sees, in one short sentence. You answer "
            "questions about it in plain words, without lists, emojis or other formatting.",
        )


@server.rtc_session(agent_name="my-agent")
async def my_agent(ctx: JobContext) -> None:
    ctx.log_context_fields = {"room": ctx.room.name}
    session = AgentSession[None](
        # hears when somebody speaks: the commentary then falls silent
        vad=inference.VAD(),
        # it takes its pick of all frames itself
        video_sampler=None,
        # for an engine that only writes: tts=inference.TTS(model="cartesia/sonic-3")
    )
    await session.start(
        agent=Assistant(),
        room=ctx.room,
        room_options=room_io.RoomOptions(video_input=True),
    )
    await ctx.connect()


if __name__ == "__main__":
    cli.run_app(server)
