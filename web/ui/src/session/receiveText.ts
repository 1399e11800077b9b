import type { Room, TextStreamReader } from 'livekit-client';

import { parseLineEvent } from '../logic/lineEvent';
import { unixNow } from '../logic/time';
import type { TranscriptStore } from './transcriptStore';

export const CHAT_TOPIC = 'lk.chat';
const TRANSCRIPTION_TOPIC = 'lk.transcription';
const LINE_TOPIC = 'pressbox.line';

const MAX_QUESTION = 1000;

/** Feeds what is said and asked in the room into the transcript, until the result is called. */
export function receiveText(room: Room, transcript: TranscriptStore): () => void {
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
    transcript.dispatch({ type: 'segment', id, at: unixNow() });
    try {
      for await (const text of reader) transcript.dispatch({ type: 'words', id, text });
    } finally {
      transcript.dispatch({ type: 'segmentEnd', id });
    }
  });

  receive(LINE_TOPIC, async (reader, from) => {
    if (!isAgent(room, from)) return;
    const line = parseLineEvent(await reader.readAll());
    if (line) transcript.dispatch({ type: 'line', line });
  });

  receive(CHAT_TOPIC, async (reader, from) => {
    const text = (await reader.readAll()).trim().slice(0, MAX_QUESTION);
    if (text === '' || isAgent(room, from)) return;
    const name = room.remoteParticipants.get(from)?.name ?? '';
    const who = name === '' ? 'Another viewer' : name;
    transcript.dispatch({ type: 'asked', id: reader.info.id, text, at: unixNow(), who });
  });

  return () => {
    for (const topic of [TRANSCRIPTION_TOPIC, LINE_TOPIC, CHAT_TOPIC]) {
      room.unregisterTextStreamHandler(topic);
    }
  };
}

function isAgent(room: Room, identity: string): boolean {
  return room.remoteParticipants.get(identity)?.isAgent === true;
}
