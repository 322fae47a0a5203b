"""What screens are made of. All that shows data stands on `lines.LinesView`, which sends changed cells alone."""
