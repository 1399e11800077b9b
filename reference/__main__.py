"""`python -m reference`: renews what is drawn from the code in docs/."""

from reference.pages import made

for path, text in made().items():
    path.write_text(text, "utf-8")
