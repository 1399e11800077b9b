const at = (id) => document.getElementById(id);
const KEPT = 50;

const picture = at("picture");
const show = () => (picture.src = `/api/mjpeg?t=${Date.now()}`);
picture.onerror = () => setTimeout(show, 2000);
show();

// A sound that was paused goes on where it was, which is long ago: begin anew.
const sound = at("sound");
sound.onpause = () => sound.load();

function told(text) {
  const line = document.createElement("li");
  line.textContent = text;
  at("lines").prepend(line);
  while (at("lines").children.length > KEPT) at("lines").lastChild.remove();
}

const on = (event, take) => events.addEventListener(event, (one) => take(JSON.parse(one.data)));
const events = new EventSource("/api/events");
events.onerror = () => (at("state").textContent = "The connection is lost and comes back by itself.");
on("words", (words) => (at("caption").textContent = words.text));
on("status", (status) => {
  const source = `${status.source}: ${status.source_state}`;
  const doing = status.error || status.paused || status.mode;
  at("state").textContent = `${source} · engine ${status.engine} · ${doing}`;
});
for (const kind of ["line", "alert"]) {
  on(kind, (line) => {
    if (line.phase === "end" && !line.dropped) told(`${line.kind}: ${line.text}`);
  });
}

at("ask").onsubmit = async (event) => {
  event.preventDefault();
  const text = at("text").value.trim();
  if (!text) return;
  at("text").value = "";
  const answer = await fetch("/api/ask", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ text }),
  });
  if (!answer.ok) told(`No answer: ${(await answer.json()).error}`);
};
