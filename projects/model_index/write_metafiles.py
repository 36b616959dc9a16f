"""Write ``model-index.yml`` and the ``metafile.yml`` of every method.

python projects/model_index/write_metafiles.py
"""

from metafiles import ROOT, texts


def main() -> None:
    """Write what differs, and print it."""
    for name, text in texts().items():
        path = ROOT / name
        if not path.exists() or path.read_text(encoding='utf-8') != text:
            path.write_text(text, encoding='utf-8')
            print(f'wrote {name}')


if __name__ == '__main__':
    main()
