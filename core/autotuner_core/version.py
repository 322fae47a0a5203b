"""The program's version, as a constant: reading package metadata would cost `--version` 50 ms."""

VERSION = "0.1.0"
