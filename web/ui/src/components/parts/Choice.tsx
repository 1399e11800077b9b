import { useId } from 'react';

interface Props<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: Readonly<Record<Value, string>>;
  readonly choose: (value: Value) => void;
}

/** A few words side by side, one of which holds. */
export function Choice<Value extends string>({ label, value, options, choose }: Props<Value>) {
  const name = useId();
  return (
    <fieldset className="choice">
      <legend>{label}</legend>
      {(Object.keys(options) as Value[]).map((one) => (
        <label key={one}>
          <input
            type="radio"
            name={name}
            checked={one === value}
            onChange={() => {
              choose(one);
            }}
          />
          <span>{options[one]}</span>
        </label>
      ))}
    </fieldset>
  );
}
