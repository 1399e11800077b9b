interface Props {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly set: (value: string) => void;
  readonly maxLength: number;
  /** Dots instead of letters. */
  readonly secret?: boolean;
  /** The user has written it: Enter, or on to something else. */
  readonly done?: () => void;
  readonly lines?: number;
}

/** A field of a form, which the browser neither completes nor keeps. */
export function TextField(props: Props) {
  const { label, hint, value, set, maxLength, secret = false, done, lines = 1 } = props;
  const common = {
    value,
    maxLength,
    placeholder: hint,
    autoComplete: 'off',
    onBlur: done,
    onChange: (event: { readonly target: { readonly value: string } }) => {
      set(event.target.value);
    },
  };
  return (
    <label className="field">
      <span>{label}</span>
      {lines > 1 ? (
        <textarea {...common} rows={lines} />
      ) : (
        <input
          {...common}
          type={secret ? 'password' : 'text'}
          autoCapitalize="none"
          spellCheck={false}
          onKeyDown={(event) => {
            if (event.key === 'Enter') done?.();
          }}
        />
      )}
    </label>
  );
}
