import { useCallback, useState } from 'react';

import { usePolled } from '../../hooks/usePolled';
import { useTexts } from '../../hooks/useTexts';
import { errorText } from '../../logic/errors';
import { parseRules, ruleFrom } from '../../logic/rules';
import { clockTime } from '../../logic/time';
import { useSession } from '../../session/session';
import { Check } from '../parts/Check';
import { TextField } from '../parts/TextField';

const INTERVAL = 5000;

/** What the commentator breaks off for. */
export function Rules() {
  const { call } = useSession();
  const { settings: texts } = useTexts();
  const [wanted, setWanted] = useState('');
  const [refused, setRefused] = useState('');
  const ask = useCallback(async () => parseRules(await call('rules', {})), [call]);
  const { value: rules = [], refresh } = usePolled(ask, INTERVAL);
  const order = async (values: Record<string, unknown>): Promise<boolean> => {
    setRefused('');
    try {
      await call('rules', values);
      refresh();
      return true;
    } catch (thrown) {
      setRefused(errorText(thrown));
      return false;
    }
  };
  const add = async (): Promise<void> => {
    const when = wanted.trim();
    if (when !== '' && (await order({ add: ruleFrom(when, rules) }))) setWanted('');
  };

  return (
    <section aria-labelledby="rules">
      <h2 id="rules">{texts.rules}</h2>
      {rules.length === 0 && <p className="hint">{texts.noRules}</p>}
      <ul className="rows" aria-labelledby="rules" hidden={rules.length === 0}>
        {rules.map((rule) => (
          <li key={rule.name} data-tone={rule.enabled ? 'good' : 'busy'}>
            <div>
              <Check
                label={rule.when}
                checked={rule.enabled}
                set={(on) => void order({ enable: rule.name, on })}
              />
              <p>
                {rule.lastHit > 0 ? texts.ruleHit(clockTime(rule.lastHit)) : ''}
                {rule.notJudged === '' ? '' : texts.notJudged(rule.notJudged)}
              </p>
            </div>
            <button
              type="button"
              className="quiet small"
              aria-label={texts.ruleRemove(rule.when)}
              onClick={() => void order({ remove: rule.name })}
            >
              {texts.remove}
            </button>
          </li>
        ))}
      </ul>
      <form
        className="one-line"
        onSubmit={(event) => {
          event.preventDefault();
          void add();
        }}
      >
        <TextField
          label={texts.ruleWhen}
          hint={texts.ruleHint}
          value={wanted}
          set={setWanted}
          maxLength={200}
        />
        <button type="submit" className="quiet" aria-disabled={wanted.trim() === ''}>
          {texts.ruleAdd}
        </button>
      </form>
      <p className="error" role="alert">
        {refused}
      </p>
    </section>
  );
}
