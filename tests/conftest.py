"""Its presence puts ``tests/`` on the import path: ``import methods`` works from every test folder."""
