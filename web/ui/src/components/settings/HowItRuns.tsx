import { useCallback } from 'react';

import { useBooth, usePhase, useTranscript } from '../../hooks/useSessionStores';
import { usePolled } from '../../hooks/usePolled';
import { useStore } from '../../hooks/useStore';
import { useTexts } from '../../hooks/useTexts';
import { parseEngine } from '../../logic/engine';
import { delayLabel, dots } from '../../logic/report';
import { api, inRoom } from '../../session/api';
import { useSession } from '../../session/session';
import { SyncChart } from './SyncChart';

const INTERVAL = 5000;

/** The parts that must be well, and what is measured of them. */
export function HowItRuns() {
  const { meter, roomName } = useSession();
  const texts = useTexts();
  const { settings: said } = texts;
  const phase = usePhase();
  const booth = useBooth();
  const sync = useStore(meter);
  const { late } = useTranscript();
  const ask = useCallback(
    async (signal: AbortSignal) => parseEngine(await api(inRoom('/api/engine', roomName), { signal })),
    [roomName],
  );
  const engine = usePolled(ask, INTERVAL).value;
  const delay = booth.status?.delay;
  const figures: (readonly [string, string])[] = [
    [said.delayNow, delay === undefined ? '' : delayLabel(delay, texts)],
    [said.late, late === 0 ? '' : String(late)],
    [said.model, engine?.model ?? ''],
    [said.firstSound, engine?.firstSound === undefined ? '' : `${engine.firstSound.toFixed(2)} s`],
    [said.tokens, engine?.tokens === undefined ? '' : String(Math.round(engine.tokens))],
    [said.queue, engine?.queue === undefined ? '' : String(engine.queue)],
    [said.memory, engine?.memory ?? ''],
  ];
  return (
    <section aria-labelledby="runs">
      <h2 id="runs">{said.runs}</h2>
      <ul className="rows compact" aria-labelledby="runs">
        {dots(phase, booth, texts).map((dot) => (
          <li key={dot.name} data-tone={dot.tone}>
            <div>
              <strong>{texts.dots[dot.name]}</strong> <span>{dot.text}</span>
            </div>
          </li>
        ))}
      </ul>
      <dl className="figures">
        {figures
          .filter(([, value]) => value !== '')
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        <div>
          <dt>
            {said.sync} <small>{said.syncHint}</small>
          </dt>
          <dd data-testid="sync">
            {sync.median === undefined
              ? sync.possible
                ? said.syncNone
                : said.syncImpossible
              : said.milliseconds(Math.round(sync.median * 1000))}
          </dd>
        </div>
      </dl>
      <SyncChart samples={sync.samples} label={said.syncChart} />
    </section>
  );
}
