import { RoomEvent } from 'livekit-client';
import type { Participant, Room, TextStreamReader } from 'livekit-client';

import { parseLineEvent } from '../logic/lineEvent';
import type { LineEvent } from '../logic/entries';
import { unixNow } from '../logic/time';
import { askerOf, nameOf } from './booth';
import type { TranscriptStore } from './transcriptStore';

export const CHAT_TOPIC = 'lk.chat';
const TRANSCRIPTION_TOPIC = 'lk.transcription';
const LINE_TOPIC = 'pressbox.line';

/** Letters of a question that the commentator takes. */
export const MAX_QUESTION = 1000;

/** Feeds what is said and asked in the room into the transcript; `heard` is told of lines, too. */
export function receiveText(
  room: Room,
  transcript: TranscriptStore,
  heard: (line: LineEvent) => void,
): void {
  const receive = (
    topic: string,
    read: (reader: TextStreamReader, from: string) => Promise<void>,
  ): void => {
    room.registerTextStreamHandler(topic, (reader, { identity }) => {
      read(reader, identity).catch(() => {
        // The sender left, or the room was lost, in the middle of a text: what came of it stays.
      });
    });
  };

  receive(TRANSCRIPTION_TOPIC, async (reader, from) => {
    if (!isAgent(room, from)) return;
    const id = reader.info.attributes?.['lk.segment_id'] ?? reader.info.id;
    const at = unixNow();
    let text = '';
    const caption = (final: boolean): void => {
      transcript.dispatch({ type: 'caption', id, text, at, final });
    };
    try {
      for await (const piece of reader) {
        text += piece;
        caption(false);
      }
    } finally {
      caption(true);
    }
  });

  receive(LINE_TOPIC, async (reader, from) => {
    if (!isAgent(room, from)) return;
    const line = parseLineEvent(await reader.readAll());
    if (line === undefined) return;
    transcript.dispatch({ type: 'line', line, who: askerOf(room, line) });
    heard(line);
  });

  receive(CHAT_TOPIC, async (reader, from) => {
    const text = (await reader.readAll()).trim().slice(0, MAX_QUESTION);
    if (text === '') return;
    const about = { id: reader.info.id, text, at: unixNow() };
    if (isAgent(room, from)) transcript.dispatch({ type: 'reply', ...about });
    else transcript.dispatch({ type: 'asked', ...about, from, who: nameOf(room, from) });
  });

  // LiveKit tells of somebody at times after that one has asked.
  const named = ({ identity: from }: Participant): void => {
    if (from === room.localParticipant.identity) return;
    transcript.dispatch({ type: 'named', from, who: nameOf(room, from) });
  };
  room.on(RoomEvent.ParticipantConnected, named);
  room.on(RoomEvent.ParticipantNameChanged, (_, participant) => {
    named(participant);
  });
}

function isAgent(room: Room, identity: string): boolean {
  return room.remoteParticipants.get(identity)?.isAgent === true;
}
