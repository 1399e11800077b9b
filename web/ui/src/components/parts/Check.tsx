interface Props {
  readonly label: string;
  readonly checked: boolean;
  readonly set: (checked: boolean) => void;
}

export function Check({ label, checked, set }: Props) {
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={checked}
        onChange={(event) => {
          set(event.target.checked);
        }}
      />
      <span>{label}</span>
    </label>
  );
}
