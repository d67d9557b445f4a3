"""Write what the documentation takes from the code: `make docs`."""

from __future__ import annotations

from docs.generate.files import generated


def main() -> None:
    """Write every file whose text has changed."""
    for path, text in generated().items():
        if not path.is_file() or path.read_text() != text:
            path.write_text(text)


if __name__ == "__main__":
    main()
