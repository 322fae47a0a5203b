"""The last step before the line: what Textual sends is made as small as what has changed."""
