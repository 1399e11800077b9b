import { useChoices } from '../../hooks/useChoices';
import { useSettings } from '../../hooks/useSettings';
import { useTexts } from '../../hooks/useTexts';
import { Choice } from '../parts/Choice';
import { Select } from '../parts/Select';
import { Check } from '../parts/Check';
import { Written } from './Written';

const DELAYS = ['auto', '0', '2', '4', '8'];

/** Who talks, how, and of what. Every change holds from the next line on. */
export function Commentator() {
  const { settings: texts } = useTexts();
  const { values, change, error, saved } = useSettings();
  const choices = useChoices();
  if (values === undefined) return <p className="hint">{texts.unavailable}</p>;

  const text = (name: string): string => {
    const value = values[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  const set = (name: string) => (value: unknown) => void change(name, value);
  const profiles = choices?.profiles ?? [];
  const about = profiles.find((one) => one.name === text('profile'))?.about ?? '';
  const delays = DELAYS.map((one) => [one, texts.delays[one] ?? texts.seconds(Number(one))] as const);
  const trouble = [...Object.keys(values)].map(error).find((one) => one !== '') ?? '';

  return (
    <section className="fields" aria-labelledby="commentator">
      <h2 id="commentator">{texts.heading}</h2>
      <Choice
        label={texts.mode}
        value={text('mode') === 'idle' ? 'idle' : 'active'}
        options={texts.modes}
        choose={set('mode')}
      />
      <Select
        label={texts.profile}
        value={text('profile')}
        options={profiles.map(({ name }) => [name, name] as const)}
        choose={set('profile')}
        hint={about}
      />
      <Written label={texts.focus} hint={texts.focusHint} kept={text('focus')} keep={set('focus')} />
      <Select
        label={texts.language}
        value={text('language')}
        options={choices?.languages ?? []}
        choose={set('language')}
      />
      <Select
        label={texts.length}
        value={text('length')}
        options={Object.entries(texts.lengths)}
        choose={set('length')}
      />
      <details>
        <summary>{texts.more}</summary>
        <div className="fields">
          <Select
            label={texts.preset}
            value={text('preset')}
            options={(choices?.presets ?? []).map(([name]) => [name, name] as const)}
            choose={set('preset')}
            hint={choices?.presets.find(([name]) => name === text('preset'))?.[1] ?? ''}
          />
          <Select
            label={texts.delay}
            value={text('delay')}
            options={delays}
            choose={(value) => {
              set('delay')(value === 'auto' ? value : Number(value));
            }}
          />
          <Written
            label={texts.prompt}
            hint={texts.promptHint}
            kept={text('prompt')}
            keep={set('prompt')}
            lines={4}
            maxLength={8000}
          />
          <Written
            label={texts.schedule}
            hint={texts.scheduleHint}
            kept={text('schedule')}
            keep={set('schedule')}
          />
          <Check
            label={texts.speak}
            checked={values['enable_tts'] !== false}
            set={set('enable_tts')}
          />
        </div>
      </details>
      <p className="hint" role="status">
        {saved === '' ? '' : texts.saved}
      </p>
      <p className="error" role="alert">
        {trouble}
      </p>
    </section>
  );
}
