interface Props {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly set: (value: string) => void;
  readonly maxLength: number;
  /** Dots instead of letters. */
  readonly secret?: boolean;
}

/** One line of a form, which the browser neither completes nor keeps. */
export function SourceField({ label, hint, value, set, maxLength, secret = false }: Props) {
  return (
    <label>
      <span>{label}</span>
      <input
        type={secret ? 'password' : 'text'}
        value={value}
        maxLength={maxLength}
        placeholder={hint}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        onChange={(event) => {
          set(event.target.value);
        }}
      />
    </label>
  );
}
