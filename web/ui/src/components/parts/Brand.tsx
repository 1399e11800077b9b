export function Brand() {
  return (
    <span className="brand">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="7" />
        <path d="M7 12h18v8H7zM11 25h10" />
        <circle cx="16" cy="16" r="2.2" />
      </svg>
      <span>Pressbox</span>
    </span>
  );
}
