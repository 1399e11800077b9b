interface Props {
  readonly label: string;
  readonly value: string;
  /** Values and what they are called. */
  readonly options: readonly (readonly [string, string])[];
  readonly choose: (value: string) => void;
  readonly hint?: string;
}

export function Select({ label, value, options, choose, hint = '' }: Props) {
  const known = options.some(([one]) => one === value);
  return (
    <label className="field">
      <span>{label}</span>
      <select
        value={value}
        onChange={(event) => {
          choose(event.target.value);
        }}
      >
        {!known && <option value={value}>{value}</option>}
        {options.map(([one, name]) => (
          <option key={one} value={one}>
            {name}
          </option>
        ))}
      </select>
      {hint !== '' && <small>{hint}</small>}
    </label>
  );
}
